//! The provider table: its rules, and the page that is made from it. `UPDATE=1` (`make providers`) writes the page.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use weir::dialect::Wire;
use weir::provider::{
    Action, Api, Documents, Members, ProviderKind, Quirks, ReasoningForm, Rule, Schemas, Thoughts,
    kind, kinds,
};

/// What a rule does, in words.
fn rule(rule: &Rule) -> String {
    let field = rule.field;
    match rule.action {
        Action::Rename(to) => format!("`{field}` → `{to}`"),
        Action::Refuse | Action::RefuseBut(_) => format!("no `{field}`"),
        Action::LeaveOut => format!("`{field}` left out"),
        Action::Only(values) => format!("`{field}` only {}", values.join(", ")),
        Action::Not(value) => format!("`{field}` not {value}"),
        Action::AtMost(most) => format!("`{field}` at most {most}"),
        Action::Spell(from, to) => format!("`{field}` {from} → {to}"),
    }
}

/// What is peculiar to a provider, each with its kind and in words.
fn peculiarities(quirks: &Quirks) -> Vec<(&'static str, String)> {
    // A field that is added must be put into words here.
    let Quirks {
        native_openai,
        no_stream_options,
        fields,
        no_developer,
        no_names,
        members,
        nine_character_ids,
        string_content,
        no_nulls,
        no_null_arguments,
        no_strict,
        no_functions,
        one_call_per_turn,
        schemas,
        no_forcing_of_thinkers,
        assistant_after_tool,
        thoughts,
        reasoning,
        documents,
        prefill,
        cache_markers,
        video,
        top_k,
        web_search,
        google_signatures,
    } = quirks;
    let mut out: Vec<(&'static str, String)> = fields
        .iter()
        .map(|own| {
            let name = match own.action {
                Action::Rename(_) => "rename",
                Action::Refuse => "refuse",
                Action::RefuseBut(_) => "refuse but",
                Action::LeaveOut => "leave out",
                Action::Only(_) => "only",
                Action::Not(_) => "not",
                Action::AtMost(_) => "at most",
                Action::Spell(..) => "spell",
            };
            (name, rule(own))
        })
        .collect();
    let mut say = |there: bool, name: &'static str, words: &str| {
        if there {
            out.push((name, words.to_owned()));
        }
    };
    say(*native_openai, "native", "rules by the model's name");
    say(
        *no_stream_options,
        "no stream_options",
        "usage comes unasked",
    );
    say(*no_developer, "no developer", "`developer` → `system`");
    say(*no_names, "no names", "no `name` on messages");
    match members {
        Members::Any => {}
        Members::Without(_) => say(true, "without", "other hosts' members of messages left out"),
        Members::Only(_) => say(true, "only members", "only its own members of messages"),
    }
    say(*nine_character_ids, "nine", "calls' ids of nine characters");
    say(
        *string_content,
        "string content",
        "lists of texts → a string",
    );
    say(
        *no_nulls,
        "no nulls",
        "no `null` in the assistant's messages",
    );
    say(
        *no_null_arguments,
        "no null arguments",
        "no `null` as a call's arguments",
    );
    say(*no_strict, "no strict", "no `strict` in tools");
    say(*no_functions, "no functions", "`functions` → `tools`");
    say(
        *one_call_per_turn,
        "one call",
        "turns with several calls taken apart",
    );
    match schemas {
        Schemas::All => {}
        Schemas::Only([]) => say(true, "no schemas", "`json_schema` → a forced tool"),
        Schemas::Only(names) => say(
            true,
            "few schemas",
            &format!(
                "`json_schema` → a forced tool, but for {}",
                names.join(", ")
            ),
        ),
        Schemas::Not(names) => say(
            true,
            "most schemas",
            &format!("`json_schema` → a forced tool for {}", names.join(", ")),
        ),
    }
    say(
        *no_forcing_of_thinkers,
        "no forcing",
        "no thinking where a tool is forced",
    );
    say(
        *assistant_after_tool,
        "assistant after tool",
        "the assistant speaks between a tool and the user",
    );
    match thoughts {
        Thoughts::Omitted => {}
        Thoughts::Member(key) => say(true, "thoughts", &format!("thinking replayed as `{key}`")),
        Thoughts::Details => say(true, "details", "thinking replayed as `reasoning_details`"),
    }
    match reasoning {
        ReasoningForm::Effort => {}
        ReasoningForm::Thinking => say(true, "thinking", "told to think by `thinking`"),
        ReasoningForm::EnableThinking => say(true, "enable", "told to think by `enable_thinking`"),
        ReasoningForm::Object => say(true, "object", "told to think by `reasoning`"),
    }
    match documents {
        Documents::File => {}
        Documents::FileOrUrl => say(true, "file or url", "documents by URL"),
        Documents::DocumentUrl => say(true, "document_url", "documents as `document_url`"),
        Documents::FileUrl => say(true, "file_url", "documents as `file_url`"),
    }
    say(
        !prefill.is_empty(),
        "prefill",
        &format!("the answer's beginning marked `{prefill}`"),
    );
    say(*cache_markers, "cache markers", "prompt-cache markers");
    say(*video, "video", "`video_url` parts");
    say(*top_k, "top_k", "`top_k`");
    say(*web_search, "web search", "`web_search_options`");
    say(
        *google_signatures,
        "signatures",
        "thought signatures in `extra_content`",
    );
    out
}

/// Every kind of peculiarity that there is.
const ALL: [&str; 31] = [
    "rename",
    "refuse",
    "refuse but",
    "leave out",
    "only",
    "not",
    "at most",
    "spell",
    "native",
    "no stream_options",
    "no developer",
    "no names",
    "without",
    "only members",
    "nine",
    "string content",
    "no nulls",
    "no null arguments",
    "no strict",
    "assistant after tool",
    "thoughts",
    "details",
    "thinking",
    "enable",
    "object",
    "file or url",
    "document_url",
    "file_url",
    "prefill",
    "cache markers",
    "signatures",
];

#[test]
fn every_peculiarity_is_somebodys() {
    let used: BTreeSet<&str> = kinds()
        .flat_map(|kind| peculiarities(kind.quirks))
        .map(|(name, _)| name)
        .collect();
    for name in ALL.iter().chain(&["video", "top_k", "web search"]) {
        assert!(used.contains(name), "{name}: nobody's");
    }
}

#[test]
fn rows_are_sound() {
    let mut names = BTreeSet::new();
    let mut titles = BTreeSet::new();
    for kind in kinds() {
        let name = kind.name;
        assert!(names.insert(name), "{name} twice");
        assert!(titles.insert(kind.title), "{name}: a title twice");
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        assert!(name.bytes().all(plain), "{name}: not lower snake case");
        let filled = |text: &str| {
            ["{region}", "{location}", "{project}", "{account}"]
                .iter()
                .fold(text.to_owned(), |text, place| text.replace(place, "x"))
        };
        if let Some(host) = kind.host {
            let host = filled(host);
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
            assert!(
                host.contains('.') && host.bytes().all(plain),
                "{name}: a host without scheme and path, not {host}"
            );
        }
        let prefix = filled(kind.path_prefix);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/.-_".contains(&byte);
        let whole = prefix.is_empty() || (prefix.starts_with('/') && !prefix.ends_with('/'));
        assert!(whole && prefix.bytes().all(plain), "{name}: {prefix}");
        let header = kind.auth_header;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        assert!(!header.is_empty() && header.bytes().all(plain), "{name}");
        assert!(
            kind.auth_scheme.is_empty() || kind.auth_scheme.ends_with(' '),
            "{name}"
        );
        let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        assert!(kind.env.bytes().all(plain), "{name}: {}", kind.env);
        if kind.wire != Wire::OpenAi {
            assert_eq!(*kind.quirks, Quirks::NONE, "{name}: rules of another wire");
        }
        for rule in kind.quirks.fields {
            assert_ne!(rule.field, "messages", "{name}");
        }
    }
    assert!(names.len() >= 120, "only {} kinds", names.len());
    assert_eq!(kind("groq").map(|kind| kind.title), Some("Groq"));
}

#[test]
fn groups_are_sorted() {
    // After those with wires of their own, each group begins anew.
    let names: Vec<&str> = kinds()
        .filter(|kind| is_compatible(kind))
        .map(|kind| kind.name)
        .collect();
    let falls: Vec<&[&str]> = names.windows(2).filter(|pair| pair[0] > pair[1]).collect();
    assert_eq!(
        falls.len(),
        4,
        "names fall between groups only, and here: {falls:?}"
    );
}

#[test]
fn readme_counts_them() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).expect("the page");
    let all = kinds().count();
    let hosts = kinds().filter(|kind| is_compatible(kind)).count();
    assert!(readme.contains(&format!("[{all} by name]")), "{all} in all");
    assert!(
        readme.contains(&format!("and {hosts} hosts that")),
        "{hosts} compatible hosts"
    );
}

fn row(page: &mut String, kind: &ProviderKind) {
    let or_dash = |text: &str| match text {
        "" => "–".to_owned(),
        text => format!("`{text}`"),
    };
    let host = kind.host.map_or("its own".to_owned(), or_dash);
    let auth = match (kind.auth_header, kind.auth_scheme) {
        ("authorization", "Bearer ") => "Bearer".to_owned(),
        ("authorization", scheme) => scheme.trim().to_owned(),
        (header, _) => format!("`{header}`"),
    };
    let mut words: Vec<String> = peculiarities(kind.quirks)
        .into_iter()
        .map(|(_, words)| words)
        .collect();
    if kind.completions && kind.wire == Wire::OpenAi {
        words.insert(0, "legacy completions".to_owned());
    }
    if kind.chat_path != "chat/completions" {
        words.push(format!("chats at `/{}`", kind.chat_path));
    }
    let mut said = words.join("; ");
    if !kind.note.is_empty() {
        let stop = if said.is_empty() { "" } else { ". " };
        said = format!("{said}{stop}{}", kind.note);
    }
    writeln!(
        page,
        "| `{}` | {} | {host} | {} | {auth} | {} | {said} |",
        kind.name,
        kind.title,
        or_dash(kind.path_prefix),
        or_dash(kind.env),
    )
    .expect("text");
}

fn page() -> String {
    let total = kinds().count();
    let mut page = format!(
        "# Providers\n\n\
         Made from the provider table (`src/provider/table`) by `make providers`: {total} kinds, by the name that\n\
         `provider:` takes. Every field can be overridden: `host`, `path_prefix`, `auth`, `headers`, `completions`, `chat_path`. Where\n\
         `auth` is `env`, the key is read from the variable. `{{region}}`, `{{location}}`, `{{project}}` and `{{account}}`\n\
         are keys of the configuration. A compatible host that is not here is `openai_compatible` with its `host`, or,\n\
         where it is as peculiar as one that is here, that one with another `host`.\n\n\
         What is peculiar is heeded where a request would be refused otherwise, or a limit passed over; fields that a\n\
         provider does not have follow `unsupported_params`.\n"
    );
    let heads = "\n| provider | | host | path | key | variable | peculiar |\n|---|---|---|---|---|---|---|\n";
    for (title, compatible) in [
        ("OpenAI, Azure, and wires of their own", false),
        ("Compatible with OpenAI", true),
    ] {
        write!(page, "\n## {title}\n{heads}").expect("text");
        let mut rows: Vec<&ProviderKind> = kinds()
            .filter(|kind| is_compatible(kind) == compatible)
            .collect();
        if compatible {
            rows.sort_by_key(|kind| kind.name);
        }
        rows.into_iter().for_each(|kind| row(&mut page, kind));
    }
    page
}

fn is_compatible(kind: &ProviderKind) -> bool {
    let general = matches!(kind.name, "openai" | "openai_compatible");
    kind.wire == Wire::OpenAi && kind.api == Api::OpenAi && !general
}

#[test]
fn the_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("PROVIDERS.md");
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        assert!(std::env::var_os("CI").is_none(), "UPDATE is not for CI");
        std::fs::write(&path, page).expect("written");
        return;
    }
    let now = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        now == page,
        "PROVIDERS.md is not current: run `make providers`"
    );
}
