//! Requests: looked into, edited in place, and from one wire into another.

use crate::{Case, bodies};
use std::hint::black_box;
use weir::dialect::{Asked, Edits, Made, UnsupportedParams, Wire, WriteOptions};
use weir::json;
use weir::json::scan::top_level;
use weir::meter::estimate;
use weir::provider::kind;

const SIZES: [(usize, &str); 2] = [(1024, "1k"), (32 * 1024, "32k")];
const CLIENTS: [(Wire, &str); 3] = [
    (Wire::OpenAi, "openai"),
    (Wire::Anthropic, "anthropic"),
    (Wire::Gemini, "gemini"),
];
/// Providers' rows, and models of theirs.
const PROVIDERS: [(&str, &str); 4] = [
    ("openai", "gpt-4o"),
    ("anthropic", "claude-sonnet-4-6"),
    ("gemini", "gemini-2.5-flash"),
    ("bedrock", "us.amazon.nova-lite-v1:0"),
];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (size, named) in SIZES {
        cases.extend(json(size, named));
    }
    for (size, named) in SIZES {
        for (wire, client) in CLIENTS {
            cases.push(edit(wire, client, size, named));
        }
    }
    for (size, named) in SIZES {
        for (wire, client) in CLIENTS {
            for (provider, model) in PROVIDERS.iter().filter(|(provider, _)| *provider != client) {
                cases.push(translate((wire, client), provider, model, size, named));
            }
        }
    }
    cases
}

fn json(size: usize, named: &str) -> Vec<Case> {
    let body = bodies::chat(Wire::OpenAi, size);
    let bytes = body.len();
    let (first, second, third) = (body.clone(), body.clone(), body);
    vec![
        Case::request(format!("json/top_level/{named}"), bytes, move || {
            let found = top_level(black_box(&first), ["model", "stream", "stream_options"]);
            assert!(found.expect("JSON")[0].is_some());
        }),
        Case::request(format!("json/parse/{named}"), bytes, move || {
            let value = json::parse(black_box(&second)).expect("JSON");
            assert!(black_box(value).as_object().is_some());
        }),
        Case::request(format!("estimate/request/{named}"), bytes, move || {
            assert!(estimate::request_tokens(black_box(&third)) > 100);
        }),
    ]
}

/// Another model's name, and usage asked for.
fn edit(wire: Wire, client: &str, size: usize, named: &str) -> Case {
    let body = bodies::chat(wire, size);
    let kind = kind(client).expect("a row");
    Case::request(format!("edit/{client}/{named}"), body.len(), move || {
        let edits = Edits {
            model: Some("another-model"),
            include_usage: true,
            kind,
            unsupported: UnsupportedParams::Reject,
            betas: None,
            count_tokens: false,
            stream: true,
        };
        let body = black_box(&body);
        assert!(!wire.must_rewrite(body, &edits));
        let written = wire.edit(body, &edits).expect("JSON");
        // Google's requests name no model; there is nothing to change in them.
        assert!(written.is_some() || wire == Wire::Gemini);
        black_box(written);
    })
}

fn translate(
    client: (Wire, &str),
    provider: &str,
    model: &'static str,
    size: usize,
    named: &str,
) -> Case {
    let (wire, from) = client;
    let body = bodies::chat(wire, size);
    let kind = kind(provider).expect("a row");
    let bytes = body.len();
    Case::request(
        format!("request/{from}_to_{provider}/{named}"),
        bytes,
        move || {
            let made = Made::default();
            let asked = Asked {
                model,
                stream: true,
                made: &made,
            };
            let request = wire.read_request(black_box(&body), &asked).expect("valid");
            let options = WriteOptions {
                model,
                unsupported: UnsupportedParams::Drop,
                default_max_tokens: 4096,
                from: wire,
                kind,
            };
            let written = kind.wire.write_request(&request, &options).expect("said");
            assert!(black_box(written).body.len() > bytes / 2);
        },
    )
}
