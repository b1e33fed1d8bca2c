//! HTTP/2 from the client, as little as a load generator needs: one request at a time on a connection, no dynamic table.

use std::io;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME: usize = 16_384;
/// What the peer may send before the window is opened again.
const WINDOW: u32 = 0x7fff_ffff;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;

/// What came on the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Came<'a> {
    Status(u16),
    Data(&'a [u8]),
    End,
}

/// One connection.
#[derive(Debug)]
pub struct Http2 {
    /// The present stream.
    stream: u32,
    /// A frame that is not whole yet.
    partial: Vec<u8>,
    /// What may be sent: on the connection, on a new stream, on the present one.
    window: i64,
    initial: i64,
    of_stream: i64,
    /// How much of the request's body was framed.
    framed: usize,
    received: u32,
}

/// The header block of a request.
pub fn headers(authority: &str, path: &str, headers: &[(String, String)]) -> Vec<u8> {
    // `:method: POST` and `:scheme: http` of the static table, then literals that are not indexed.
    let mut out = vec![0x83, 0x86];
    let text = |out: &mut Vec<u8>, text: &str| {
        // A length of 127 and more takes further bytes.
        let mut length = text.len();
        if length < 127 {
            out.push(u8::try_from(length).unwrap_or(0));
        } else {
            out.push(127);
            length -= 127;
            while length >= 128 {
                out.push(0x80 | (length % 128) as u8);
                length /= 128;
            }
            out.push(length as u8);
        }
        out.extend_from_slice(text.as_bytes());
    };
    out.push(0x01);
    text(&mut out, authority);
    out.push(0x04);
    text(&mut out, path);
    for (name, value) in headers {
        out.push(0x00);
        text(&mut out, name);
        text(&mut out, value);
    }
    out
}

fn frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or(0).to_be_bytes();
    out.extend_from_slice(&length[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
}

fn broken(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

fn number(bytes: &[u8]) -> u32 {
    let bytes = bytes
        .get(..4)
        .and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
    bytes.map_or(0, u32::from_be_bytes)
}

impl Http2 {
    /// A connection, and what it begins with.
    pub fn new(out: &mut Vec<u8>) -> Self {
        out.extend_from_slice(PREFACE);
        // No dynamic table, no pushes, a window that a stream does not fill.
        let settings = [(1u16, 0u32), (2, 0), (4, WINDOW)];
        let payload: Vec<u8> = settings
            .iter()
            .flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()[..]].concat())
            .collect();
        frame(out, SETTINGS, 0, 0, &payload);
        frame(out, WINDOW_UPDATE, 0, 0, &(WINDOW - 65_535).to_be_bytes());
        Http2 {
            stream: u32::MAX,
            partial: Vec::new(),
            window: 65_535,
            initial: 65_535,
            of_stream: 0,
            framed: 0,
            received: 0,
        }
    }

    /// Begins a request.
    pub fn start(&mut self, block: &[u8], body: &[u8], out: &mut Vec<u8>) {
        self.stream = self.stream.wrapping_add(2);
        self.of_stream = self.initial;
        self.framed = 0;
        frame(out, HEADERS, END_HEADERS, self.stream, block);
        self.send(body, out);
    }

    /// Frames as much of the body as the windows allow.
    fn send(&mut self, body: &[u8], out: &mut Vec<u8>) {
        while self.framed < body.len() {
            let most = usize::try_from(self.window.min(self.of_stream)).unwrap_or(0);
            let left = &body[self.framed..];
            let data = &left[..left.len().min(most).min(FRAME)];
            if data.is_empty() {
                return;
            }
            let flags = if data.len() == left.len() {
                END_STREAM
            } else {
                0
            };
            frame(out, DATA, flags, self.stream, data);
            self.framed += data.len();
            self.window -= data.len() as i64;
            self.of_stream -= data.len() as i64;
        }
    }

    /// Takes bytes that came; what goes back at once is put into `out`.
    ///
    /// # Errors
    /// A connection or a stream that the peer gave up.
    pub fn read(
        &mut self,
        bytes: &[u8],
        body: &[u8],
        out: &mut Vec<u8>,
        mut sink: impl FnMut(Came<'_>),
    ) -> io::Result<()> {
        let joined;
        let mut rest = bytes;
        if !self.partial.is_empty() {
            let mut whole = std::mem::take(&mut self.partial);
            whole.extend_from_slice(bytes);
            joined = whole;
            rest = &joined;
        }
        while let Some((head, after)) = rest.split_at_checked(9) {
            let length = (number(head) >> 8) as usize;
            let Some((payload, after)) = after.split_at_checked(length) else {
                break;
            };
            let stream = number(&head[5..]) & 0x7fff_ffff;
            self.frame(head[3], head[4], stream, payload, out, &mut sink)?;
            rest = after;
        }
        self.partial.extend_from_slice(rest);
        self.send(body, out);
        Ok(())
    }

    fn frame(
        &mut self,
        kind: u8,
        flags: u8,
        stream: u32,
        payload: &[u8],
        out: &mut Vec<u8>,
        sink: &mut impl FnMut(Came<'_>),
    ) -> io::Result<()> {
        let ours = stream == self.stream;
        match kind {
            DATA => {
                self.received += u32::try_from(payload.len()).unwrap_or(0);
                if self.received > WINDOW / 2 {
                    frame(out, WINDOW_UPDATE, 0, 0, &self.received.to_be_bytes());
                    self.received = 0;
                }
                if flags & PADDED != 0 {
                    return Err(broken("padding"));
                }
                if ours {
                    sink(Came::Data(payload));
                }
            }
            HEADERS if ours => {
                if flags & END_HEADERS == 0 || flags & PADDED != 0 {
                    return Err(broken("headers in several frames"));
                }
                if let Some(status) = status(payload) {
                    sink(Came::Status(status));
                }
            }
            SETTINGS if flags & ACK == 0 => {
                for setting in payload.chunks_exact(6) {
                    if setting.starts_with(&[0, 4]) {
                        let value = i64::from(number(&setting[2..]));
                        self.of_stream += value - self.initial;
                        self.initial = value;
                    }
                }
                frame(out, SETTINGS, ACK, 0, &[]);
            }
            PING if flags & ACK == 0 => frame(out, PING, ACK, 0, payload),
            WINDOW_UPDATE if stream == 0 => self.window += i64::from(number(payload)),
            WINDOW_UPDATE if ours => self.of_stream += i64::from(number(payload)),
            RST_STREAM if ours => {
                return Err(broken(format!("stream reset: {}", number(payload))));
            }
            GOAWAY => return Err(broken("connection given up")),
            _ => {}
        }
        if ours && matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0 {
            sink(Came::End);
        }
        Ok(())
    }
}

/// The status that a header block begins with; `None` for trailers.
fn status(block: &[u8]) -> Option<u16> {
    // The peer may first say that it, too, keeps no dynamic table.
    let block = match block {
        [0x20, rest @ ..] => rest,
        whole => whole,
    };
    match block {
        [0x88, ..] => Some(200),
        [0x8c, ..] => Some(400),
        [0x8d, ..] => Some(404),
        [0x8e, ..] => Some(500),
        // A literal, by the static table's name.
        [0x08 | 0x18 | 0x48, 3, digits @ ..] => {
            std::str::from_utf8(digits.get(..3)?).ok()?.parse().ok()
        }
        [0x08 | 0x18 | 0x48, ..] => Some(0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_waits_for_the_window() {
        let mut out = Vec::new();
        let mut connection = Http2::new(&mut out);
        let body = vec![b'x'; 100_000];
        out.clear();
        connection.start(&[0x83], &body, &mut out);
        assert_eq!(connection.framed, 65_535);
        assert_eq!(connection.stream, 1);
        let mut update = Vec::new();
        frame(&mut update, WINDOW_UPDATE, 0, 0, &50_000u32.to_be_bytes());
        frame(&mut update, WINDOW_UPDATE, 0, 1, &50_000u32.to_be_bytes());
        connection
            .read(&update, &body, &mut out, |_| {})
            .expect("updates");
        assert_eq!(connection.framed, body.len());
    }

    #[test]
    fn an_answer_is_read_wherever_it_is_cut() {
        let mut answer = Vec::new();
        frame(&mut answer, SETTINGS, 0, 0, &[0, 4, 0, 1, 0, 0]);
        frame(&mut answer, HEADERS, END_HEADERS, 1, &[0x20, 0x88, 0x00]);
        frame(&mut answer, DATA, 0, 1, b"hello");
        frame(&mut answer, DATA, END_STREAM, 1, b"");
        for cut in 0..answer.len() {
            let mut out = Vec::new();
            let mut connection = Http2::new(&mut out);
            connection.start(&[0x83], b"{}", &mut out);
            let (mut got, mut ended) = (Vec::new(), false);
            for part in [&answer[..cut], &answer[cut..]] {
                let sink = |came: Came<'_>| match came {
                    Came::Status(status) => assert_eq!(status, 200),
                    Came::Data(data) => got.extend_from_slice(data),
                    Came::End => ended = true,
                };
                connection
                    .read(part, b"{}", &mut out, sink)
                    .expect("frames");
            }
            assert_eq!((got.as_slice(), ended), (&b"hello"[..], true));
        }
    }

    #[test]
    fn long_values_have_their_lengths() {
        let block = headers("a", "/", &[("n".to_owned(), "v".repeat(400))]);
        // 400 = 127 + 273, and 273 is 17 + 2 × 128.
        let place = block.len() - 403;
        assert_eq!(block[place..place + 3], [127, 0x80 | 17, 2]);
    }
}
