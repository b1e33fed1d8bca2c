//! What a plugin is told, by the very reader that the plugin runs.

use crate::block::{Block, Told};
use crate::cursor::Cursor;
use crate::finding::Findings;
use crate::near;
use crate::system::System;

const NAME: &str = "config";

/// What a variable is taken for whose value only the host knows: a letter is well-formed everywhere.
const UNKNOWN: &str = "x";

pub(super) fn check(system: &System, findings: &mut Findings) {
    for bare in system.bare() {
        // What will be around it, and so its environment, is not known.
        let env = |_: &str| Some(UNKNOWN.to_owned());
        let bytes = bare.node.json().to_string();
        for mistake in weir::config::parse(bytes.as_bytes(), &env)
            .err()
            .unwrap_or_default()
        {
            let mut place = bare.follow(&mistake.path).place();
            place.path.clone_from(&mistake.path);
            findings.error(NAME, place, mistake.message);
        }
    }
    for block in &system.blocks {
        match &block.told {
            Told::Tree(tree) => {
                let environment = block.environment();
                let env = |name: &str| {
                    let value = environment.get(name)?;
                    Some(value.clone().unwrap_or_else(|| UNKNOWN.to_owned()))
                };
                switched(tree, findings);
                let bytes = tree.node.json().to_string();
                let mistakes = weir::config::parse(bytes.as_bytes(), &env).err();
                for mistake in mistakes.unwrap_or_default() {
                    let mut place = tree.follow(&mistake.path).place();
                    place.path = way(&tree.path, &mistake.path);
                    let more = misspelt_stage(block, &mistake);
                    findings.error(NAME, place, format!("{}{more}", mistake.message));
                }
            }
            Told::Text(text) => {
                let text = text.text().unwrap_or_default();
                let mistakes = weir::config::parse(text.as_bytes(), &|_| None).err();
                for mistake in mistakes.unwrap_or_default() {
                    findings.error(NAME, block.plugin.follow("configuration.value").place(), mistake.message);
                }
            }
            Told::Other(other) => findings.error(
                NAME,
                other.place(),
                "no google.protobuf.Struct and no StringValue: write {\"@type\": type.googleapis.com/google.protobuf.Struct, value: {stage: …}}",
            ),
            Told::Nothing => findings.error(
                NAME,
                block.plugin.place(),
                "has no `configuration`: Weir has to be told its stage, so that the plugin refuses to start",
            ),
        }
    }
}

/// Kubernetes' tools read YAML of 2005, where `on` without quotes is `true`: the plugin is told of a key `true`.
fn switched(tree: &Cursor, findings: &mut Findings) {
    let Some(fallback) = tree.get("fallback") else {
        return;
    };
    let bare = fallback.node.get("on").is_some_and(|entry| entry.bare);
    if bare && !tree.document.kind.is_empty() {
        let place = fallback.follow("on").place();
        findings.error(
            NAME,
            place,
            "Kubernetes reads `on` as true unless it is in quotes: write \"on\"",
        );
    }
}

fn way(base: &str, path: &str) -> String {
    if path.is_empty() || path.starts_with('[') {
        format!("{base}{path}")
    } else {
        format!("{base}.{path}")
    }
}

/// Without a stage the reader does not know which keys there may be, and so says nothing of one that is nearly `stage`.
fn misspelt_stage(block: &Block, mistake: &weir::config::Mistake) -> String {
    if mistake.path != "stage" || mistake.message != "missing" {
        return String::new();
    }
    let keys = block.tree().map(|tree| tree.entries()).unwrap_or_default();
    let near = near::nearest("stage", keys.iter().map(|(key, _)| key.as_str()));
    near.map_or_else(
        || " (edge or attempt)".to_owned(),
        |near| format!("; is it {near:?}?"),
    )
}

#[cfg(test)]
mod tests {
    use crate::testing::{block, found};

    #[test]
    fn mistakes_are_told_by_their_whole_path() {
        let text = block("edge", "{stage: edge, models: [{name: a, targt: b}]}");
        assert_eq!(
            found(super::check, &text),
            [
                "error: typed_config.config.configuration.value.models[0].targt: unknown key; did you mean \"target\"?",
                "error: typed_config.config.configuration.value.models[0].target: missing",
            ]
        );
        let text = block("edge", "{stage: edge, models: [{name: a, target: b}]}");
        assert!(found(super::check, &text).is_empty());
    }

    #[test]
    fn a_configuration_alone_is_one_too() {
        assert!(
            found(
                super::check,
                "stage: attempt\nproviders: [{provider: openai, auth: {key: \"${K}\"}}]\n"
            )
            .is_empty()
        );
        let said = found(super::check, "stage: edge\nmodles: []\n");
        assert_eq!(
            said,
            ["error: modles: unknown key; did you mean \"models\"?"]
        );
        assert!(found(super::check, "stage: 3\nkind: Other\n").is_empty());
    }

    #[test]
    fn a_variable_is_set_if_the_filter_names_it() {
        let told = "{stage: attempt, providers: [{provider: openai, auth: {key: \"${K}\"}}]}";
        let text = block("attempt", told);
        let found_in = |text: &str| found(super::check, text);
        assert!(found_in(&text)[0].contains("the environment variable K is not set"));
        let named = text.replace(
            "vm_config: {",
            "vm_config: {environment_variables: {host_env_keys: [K]}, ",
        );
        assert!(found_in(&named).is_empty());
        // Its value, where it is known, is looked at.
        let broken = text.replace(
            "vm_config: {",
            "vm_config: {environment_variables: {key_values: {K: \"a\\n\"}}, ",
        );
        assert!(found_in(&broken)[0].contains("a header cannot have"));
    }

    #[test]
    fn on_is_true_in_kubernetes() {
        let told = "{stage: attempt, fallback: {on: [permission]}, providers: [{provider: openai, auth: none}]}";
        let manifest = |told: &str| {
            let filter = block("attempt", told);
            format!(
                "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {{name: a}}\nspec: {{configPatches: [{{applyTo: HTTP_FILTER, patch: {{operation: INSERT_BEFORE, value: {filter}}}}}]}}\n"
            )
        };
        let said = found(super::check, &manifest(told));
        assert_eq!(said.len(), 1);
        assert!(
            said[0].contains("fallback.on: Kubernetes reads `on` as true"),
            "{said:?}"
        );
        assert!(found(super::check, &manifest(&told.replace("on:", "\"on\":"))).is_empty());
        // An Envoy reads its own files as they are meant.
        assert!(found(super::check, &block("attempt", told)).is_empty());
        // What Kubernetes has made of it is told by the plugin's reader.
        let made = found(super::check, &manifest(&told.replace("on:", "\"true\":")));
        assert!(
            made[0].contains("fallback.true: unknown key; did you mean \"on\"?"),
            "{made:?}"
        );
    }

    #[test]
    fn a_stage_is_missing_or_misspelt() {
        let said = |told: &str| found(super::check, &block("x", told)).join("\n");
        assert!(said("{stge: edge}").ends_with("stage: missing; is it \"stge\"?"));
        assert!(said("{}").ends_with("stage: missing (edge or attempt)"));
        assert!(said("{stage: egde}").contains("did you mean \"edge\"?"));
    }

    #[test]
    fn what_is_no_struct_is_said() {
        let text = block("x", "{}");
        let text = text.replace(
            "\"@type\": type.googleapis.com/google.protobuf.Struct, ",
            "",
        );
        assert!(found(super::check, &text)[0].contains("no google.protobuf.Struct"));
        let string =
            block("x", "'{\"stage\": '").replace("protobuf.Struct", "protobuf.StringValue");
        assert!(found(super::check, &string)[0].contains("not JSON"));
        let nothing = "{name: weir, typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm, config: {name: weir}}}";
        assert!(found(super::check, nothing)[0].contains("has no `configuration`"));
    }
}
