//! Prices, and the cost of an answer, in integers.
//!
//! Prices are LiteLLM's published table, compiled in (`prices/`), under the operator's own, which are asked first. A
//! model that neither knows is *unpriced*, never free; a price of zero is a price.
mod cost;
mod known;
mod rate;
mod table;

pub use cost::cost_nanousd;
pub use known::KnownRates;
pub use rate::{Rate, RateError, Rates};
pub use table::origin;

/// Finds a model's rates in the compiled table.
///
/// `kind` is the provider's kind, `name` what the operator calls the provider: LiteLLM prefixes a compatible host's
/// models with its name (`groq/…`), which is the kind's, or, of a kind that is nobody's, may be the operator's.
///
/// A model is looked for under its provider's prefixes, then without its date (`-2024-08-06`, `-20250929`, `@20250929`)
/// or `-latest`.
pub fn lookup(kind: &str, name: &str, model: &str) -> Option<Rates> {
    let (own, of_kind) = (format!("{name}/"), format!("{kind}/"));
    let prefixes: &[&str] = match kind {
        "openai" => &["", "openai/"],
        "anthropic" => &["", "anthropic/"],
        "azure_openai" => &["azure/", "azure_ai/", ""],
        "azure_ai_foundry" | "foundry_anthropic" => &["azure_ai/", "azure/"],
        "bedrock" | "bedrock_anthropic" => &["", "bedrock/"],
        "vertex_ai" => &["vertex_ai/", ""],
        "vertex_anthropic" | "vertex_openai" => &["vertex_ai/"],
        "gemini" | "gemini_openai" => &["gemini/"],
        // Where LiteLLM's name is another, or some of its models have no prefix.
        "amazon_nova" => &["amazon-nova/"],
        "scx_ai" => &["scx-ai/"],
        "ai21" | "volcengine" => &[&of_kind, ""],
        "cohere" => &["cohere/", ""],
        // A host that happens to serve a model of this name has prices of its own.
        _ => &[&own, &of_kind],
    };
    for model in [Some(model), undated(model)].into_iter().flatten() {
        for prefix in prefixes {
            let found = if prefix.is_empty() {
                table::rates(model.as_bytes())
            } else {
                table::rates(format!("{prefix}{model}").as_bytes())
            };
            if found.is_some() {
                return found;
            }
        }
    }
    None
}

/// The model's name without the date or alias that ends it.
fn undated(model: &str) -> Option<&str> {
    if let Some(bare) = model.strip_suffix("-latest") {
        return Some(bare);
    }
    let digits =
        |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((bare, date)) = model.rsplit_once(['-', '@'])
        && digits(date, 8)
    {
        return Some(bare);
    }
    let (rest, day) = model.rsplit_once('-')?;
    let (rest, month) = rest.rsplit_once('-')?;
    let (bare, year) = rest.rsplit_once('-')?;
    (digits(year, 4) && digits(month, 2) && digits(day, 2)).then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::Usage;

    #[test]
    fn names_are_resolved() {
        assert!(lookup("openai", "openai", "gpt-4o").is_some());
        assert!(lookup("openai", "openai", "gpt-4o-2031-01-02").is_some());
        assert!(lookup("anthropic", "anthropic", "claude-sonnet-4-5-20250929").is_some());
        assert!(lookup("azure_openai", "azure", "gpt-4o").is_some());
        assert_eq!(lookup("openai", "openai", "no-such-model"), None);
        assert_eq!(lookup("openai_compatible", "vllm", "gpt-4o"), None);
        for (kind, model) in [
            ("mistral", "mistral-large-latest"),
            ("deepseek", "deepseek-chat"),
            ("gemini", "gemini-2.5-flash"),
            ("gemini_openai", "gemini-2.5-flash"),
            ("vertex_ai", "gemini-2.5-flash"),
            ("bedrock", "anthropic.claude-3-7-sonnet-20250219-v1:0"),
            ("amazon_nova", "nova-micro-v1"),
        ] {
            assert!(lookup(kind, "mine", model).is_some(), "{kind} {model}");
        }
        assert_eq!(undated("m@20250101"), Some("m"));
        assert_eq!(undated("m-latest"), Some("m"));
        assert_eq!(undated("gpt-4o"), None);
    }

    #[test]
    fn every_row_of_the_source_is_in_the_table() {
        let source = include_str!("../../../prices/prices.tsv");
        let mut count = 0;
        for line in source.lines().skip(2) {
            let fields: Vec<&str> = line.split('\t').collect();
            let rates = table::rates(fields[0].as_bytes()).unwrap_or_else(|| panic!("{line}"));
            let spelled = |column: usize| {
                (!fields[column].is_empty()).then(|| Rate::parse(fields[column]).expect(line))
            };
            assert_eq!(rates.input, spelled(3).unwrap_or_default(), "{line}");
            assert_eq!(rates.output, spelled(4).unwrap_or_default(), "{line}");
            assert_eq!(rates.cache_read, spelled(5), "{line}");
            assert_eq!(rates.cache_write, spelled(6), "{line}");
            assert_eq!(rates.cache_write_1h, spelled(7), "{line}");
            assert_eq!(rates.reasoning, spelled(8), "{line}");
            count += 1;
        }
        assert!(count > 3_000, "{count} rows");
        assert!(origin().starts_with("litellm "), "{}", origin());
    }

    /// Costs that LiteLLM itself computed (`prices/oracle.py`), rounded to nano-dollars.
    #[test]
    fn costs_equal_litellm() {
        let cases = include_str!("../../../tests/golden/prices/litellm.tsv");
        let mut count = 0;
        for line in cases.lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            let number = |column: usize| fields[column].parse::<u64>().expect(line);
            let usage = Usage {
                input_tokens: number(1),
                output_tokens: number(2),
                cache_read_tokens: number(3),
                cache_write_tokens: number(4),
                reasoning_tokens: number(5),
                ..Usage::default()
            };
            let rates = table::rates(fields[0].as_bytes()).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(cost_nanousd(&rates, &usage), number(6), "{line}");
            count += 1;
        }
        assert!(count >= 300, "{count} cases");
    }
}
