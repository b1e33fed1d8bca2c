//! Prices: found, and not found.

use crate::Case;
use std::hint::black_box;
use weir::meter::Usage;
use weir::meter::price::{Rates, cost_nanousd, lookup};

pub fn known() -> Rates {
    lookup(black_box("openai"), "openai", black_box("gpt-4o")).expect("a price")
}

pub fn cases() -> Vec<Case> {
    let one = |name: &str, run: fn()| Case::request(format!("price/{name}"), "gpt-4o".len(), run);
    vec![
        one("hit", || {
            black_box(known());
        }),
        one("hit_prefixed_undated", || {
            let model = black_box("gpt-4o-2031-01-02");
            assert!(lookup("azure_openai", "azure", model).is_some());
        }),
        one("miss", || {
            assert!(lookup("groq", "mine", black_box("no-such-model-20310102")).is_none());
        }),
        one("cost", || {
            let usage = Usage {
                input_tokens: black_box(1000),
                output_tokens: 100,
                ..Usage::default()
            };
            assert!(cost_nanousd(&known(), &usage) > 0);
        }),
    ]
}
