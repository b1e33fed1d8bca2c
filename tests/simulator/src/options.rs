//! What a model's name asks of the simulator.
//!
//! | option | effect |
//! |---|---|
//! | `reply=TEXT` · `echo` · `size=N` · `tokens=N` | the answer's text: this (`_` for blanks) · the last user's · N bytes · N words |
//! | `events=N` | a stream of N deltas |
//! | `tools=N` · `thinking` · `refusal` · `length` | N parallel tool calls · thinking first · a refusal · cut off |
//! | `input=N` `output=N` `cached=N` `cache_write=N` `reasoning=N` · `no_usage` | the usage claimed · none |
//! | `status=N` · `retry_after=S` | an error answer · with that header |
//! | `error200` · `error_first` · `error_mid=N` | a 200 that carries an error · a stream whose first event is one · after N deltas |
//! | `die_before` · `die_head` · `die_mid=N` | closes the connection before the head · after it · after N writes |
//! | `stall=MS` · `stall_mid=MS` · `trickle=MS` | waits before the head · after the first delta · between deltas |
//! | `broken_crc` | Bedrock's stream: the third message's checksum is wrong |
//! | `garbage` · `html` · `gzip` | what is not an answer |
//! | `byte_by_byte` · `crlf` · `comments` · `no_done` | odd but legal streams |
//! | `unstreamed` | a whole answer where a stream was asked for (OpenAI's chat) |

/// Options by name, in the model's name.
#[derive(Debug, Clone, Default)]
pub struct Options(Vec<(String, String)>);

impl Options {
    /// The options of a model's name.
    pub fn of(model: &str) -> Self {
        let pair = |option: &str| match option.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => (option.to_owned(), String::new()),
        };
        Options(model.split('+').skip(1).map(pair).collect())
    }

    /// Whether an option is there.
    pub fn has(&self, name: &str) -> bool {
        self.text(name).is_some()
    }

    /// An option's value.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// An option's number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    /// The text of the answer, in the pieces in which it streams.
    pub fn pieces(&self, last_user: &str) -> Vec<String> {
        if let Some(size) = self.number("size") {
            let size = usize::try_from(size).unwrap_or(0);
            let whole = "0123456789abcdef".repeat(size / 16 + 1);
            return whole.as_bytes()[..size]
                .chunks(8192)
                .map(|piece| String::from_utf8_lossy(piece).into_owned())
                .collect();
        }
        if let Some(count) = self.number("events").or(self.number("tokens")) {
            return (0..count).map(|index| format!("word{index} ")).collect();
        }
        let text = if self.has("echo") {
            last_user.to_owned()
        } else {
            self.text("reply").map_or_else(
                || "Hello from the simulator.".to_owned(),
                |text| text.replace('_', " "),
            )
        };
        text.split_inclusive(' ').map(str::to_owned).collect()
    }
}

/// Token counts to claim.
#[derive(Debug, Clone, Copy, Default)]
pub struct Claim {
    /// Input, cached tokens included.
    pub input: u64,
    /// Output, reasoning included.
    pub output: u64,
    pub cached: u64,
    pub cache_write: u64,
    pub reasoning: u64,
}

impl Claim {
    /// What the options claim, else plausible numbers.
    pub fn of(options: &Options, pieces: usize) -> Self {
        let words = u64::try_from(pieces).unwrap_or(u64::MAX);
        Claim {
            input: options.number("input").unwrap_or(12),
            output: options.number("output").unwrap_or(words),
            cached: options.number("cached").unwrap_or(0),
            cache_write: options.number("cache_write").unwrap_or(0),
            reasoning: options.number("reasoning").unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_from_the_name() {
        let options = Options::of("gpt-4o+echo+tools=2+reply=a_b");
        assert!(options.has("echo") && !options.has("gzip"));
        assert_eq!(options.number("tools"), Some(2));
        assert_eq!(Options::of("m+reply=a_b").pieces(""), ["a ", "b"]);
        assert_eq!(Options::of("m+size=20").pieces("").concat().len(), 20);
        assert_eq!(Options::of("m+events=3").pieces("").len(), 3);
    }
}
