//! Objects of a control plane's own for Wasm, which cannot carry Weir.

use crate::cursor::Cursor;
use crate::finding::Findings;
use crate::system::System;

const NAME: &str = "objects";

pub(super) fn check(system: &System, findings: &mut Findings) {
    for (kind, path, use_) in [
        ("WasmPlugin", &["spec"][..], "an EnvoyFilter"),
        ("TrafficExtension", &["spec", "wasm"], "an EnvoyFilter"),
        (
            "EnvoyExtensionPolicy",
            &["spec", "wasm"],
            "an EnvoyPatchPolicy",
        ),
    ] {
        for object in system.objects(kind) {
            let Some(wasm) = object.at(path) else {
                continue;
            };
            let items = wasm.items();
            let one = if items.is_empty() { vec![wasm] } else { items };
            for plugin in one.iter().filter(|plugin| is_weirs(plugin)) {
                findings.error(
                    NAME,
                    plugin.place(),
                    format!("{kind} cannot carry Weir: it has no `allow_on_headers_stop_iteration`, without which requests hang, and reaches no upstream filters, where the attempt has to be: use {use_} (k8s/ has them)"),
                );
            }
        }
    }
}

/// Whether it is told a stage, or is called so.
fn is_weirs(plugin: &Cursor) -> bool {
    let told = ["pluginConfig", "config"];
    if told.iter().any(|key| plugin.at(&[key, "stage"]).is_some()) {
        return true;
    }
    let named = [
        Some(plugin.document.name.clone()),
        plugin.word("name"),
        plugin.word("pluginName"),
        plugin.word("url"),
        plugin.at(&["code", "http", "url"]).and_then(text),
        plugin.at(&["code", "image", "url"]).and_then(text),
    ];
    let ours = |name: &String| name.to_ascii_lowercase().contains("weir");
    named.iter().flatten().any(ours)
}

fn text(at: Cursor) -> Option<String> {
    at.text().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use crate::testing::found;

    #[test]
    fn what_cannot_carry_it_says_why() {
        let said = |text: &str| found(super::check, text);
        let plugin = said(
            "kind: WasmPlugin\nmetadata: {name: a}\nspec: {url: oci://x, pluginConfig: {stage: edge}}\n",
        );
        assert!(
            plugin[0].starts_with("error: spec: WasmPlugin cannot carry Weir"),
            "{plugin:?}"
        );
        assert!(plugin[0].contains("an EnvoyFilter"));
        assert_eq!(
            said("kind: TrafficExtension\nspec: {wasm: {url: oci://x/weir}}\n").len(),
            1
        );
        let policy = said(
            "kind: EnvoyExtensionPolicy\nspec: {wasm: [{config: {stage: edge}}, {name: other}]}\n",
        );
        assert_eq!(policy.len(), 1);
        assert!(policy[0].contains("an EnvoyPatchPolicy"));
        assert!(said("kind: WasmPlugin\nspec: {url: oci://coraza}\n").is_empty());
    }
}
