//! Keys come from somewhere else.

use crate::finding::Findings;
use crate::system::System;

const NAME: &str = "keys";

pub(super) fn check(system: &System, findings: &mut Findings) {
    for block in &system.blocks {
        for provider in block.providers() {
            let Some(key) = provider.at(&["auth", "key"]) else {
                continue;
            };
            // What it is is not said: a finding is read by others too.
            if key
                .text()
                .is_some_and(|text| !text.is_empty() && !text.contains("${"))
            {
                findings.warn(
                    NAME,
                    key.place(),
                    "a key stands in the configuration, where /config_dump and whoever reads this file see it: write ${NAME}, and name it in `host_env_keys`",
                );
            }
        }
        let values = block
            .plugin
            .at(&["vm_config", "environment_variables", "key_values"]);
        for (name, value) in values.map(|values| values.entries()).unwrap_or_default() {
            let secret = ["KEY", "TOKEN", "SECRET", "PASSWORD"];
            if secret
                .iter()
                .any(|word| name.to_ascii_uppercase().contains(word))
            {
                findings.warn(
                    NAME,
                    value.place(),
                    format!("the value of {name} stands in the configuration, where /config_dump and whoever reads this file see it: name it in `host_env_keys`"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{block, found};

    #[test]
    fn keys_are_not_written_here() {
        let told = |key: &str| {
            format!(
                "{{stage: attempt, providers: [{{provider: openai, auth: {{key: \"{key}\"}}}}]}}"
            )
        };
        assert!(found(super::check, &block("a", &told("${K}"))).is_empty());
        let said = found(super::check, &block("a", &told("sk-123")));
        assert!(
            said[0].contains("a key stands") && !said[0].contains("sk-123"),
            "{said:?}"
        );
    }

    #[test]
    fn nor_in_the_environment() {
        let text = block("a", "{stage: attempt}");
        let with = |name: &str| {
            text.replace(
                "vm_config: {",
                &format!("vm_config: {{environment_variables: {{key_values: {{{name}: v}}}}, "),
            )
        };
        assert!(found(super::check, &with("REGION")).is_empty());
        assert_eq!(found(super::check, &with("OPENAI_API_KEY")).len(), 1);
    }
}
