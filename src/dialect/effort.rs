//! What an effort to think comes to in tokens, for wires that know budgets.

/// Least tokens of a thinking budget.
pub(super) const LEAST_BUDGET: u64 = 1024;

/// Tokens for an effort. Source: LiteLLM's default budgets.
pub(super) fn budget(effort: &str) -> u64 {
    match effort {
        "medium" => 2048,
        "high" => 4096,
        "xhigh" => 8192,
        "max" => 16384,
        _ => LEAST_BUDGET,
    }
}

/// The effort whose budget is nearest below.
pub(super) fn effort_of(budget: u64) -> &'static str {
    match budget {
        0..2048 => "low",
        2048..4096 => "medium",
        4096..8192 => "high",
        8192..16384 => "xhigh",
        _ => "max",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_efforts_budget_is_that_efforts() {
        for effort in ["low", "medium", "high", "xhigh", "max"] {
            assert_eq!(effort_of(budget(effort)), effort);
        }
    }
}
