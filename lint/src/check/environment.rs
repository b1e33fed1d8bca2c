//! The keys that a filter takes from the host's environment are in the proxies' environment.

use crate::cursor::Cursor;
use crate::finding::Findings;
use crate::near;
use crate::system::System;
use std::collections::BTreeSet;

const NAME: &str = "environment";

/// What holds containers of proxies.
const KINDS: [&str; 5] = [
    "Deployment",
    "DaemonSet",
    "StatefulSet",
    "Pod",
    "EnvoyProxy",
];

pub(super) fn check(system: &System, findings: &mut Findings) {
    let mut containers = Vec::new();
    for kind in KINDS {
        for object in system.objects(kind) {
            collect(&object, &mut containers);
        }
    }
    for block in &system.blocks {
        let keys = block
            .plugin
            .at(&["vm_config", "environment_variables", "host_env_keys"]);
        let keys = keys.map(|keys| keys.items()).unwrap_or_default();
        let names: Vec<&str> = keys.iter().filter_map(|key| key.text()).collect();
        // The containers that have some of them are the proxies that were given.
        let is_proxy =
            |container: &&BTreeSet<String>| names.iter().any(|name| container.contains(*name));
        for container in containers.iter().filter(is_proxy) {
            for key in &keys {
                let Some(name) = key.text() else { continue };
                if !container.contains(name) {
                    let near = near::hint(name, container.iter().map(String::as_str));
                    findings.error(
                        NAME,
                        key.place(),
                        format!("the proxy's container has no {name} in its `env`{near}: the filter finds none, and where its configuration needs it it is refused"),
                    );
                }
            }
        }
    }
}

/// The names in each `env` of a document.
fn collect(at: &Cursor, containers: &mut Vec<BTreeSet<String>>) {
    for item in at.items() {
        collect(&item, containers);
    }
    for (key, member) in at.entries() {
        if key == "env" {
            let names = member.items();
            containers.push(names.iter().filter_map(|one| one.word("name")).collect());
        } else {
            collect(&member, containers);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{block, found};

    #[test]
    fn the_containers_have_the_keys() {
        let filter = block("a", "{stage: attempt}").replace(
            "vm_config: {",
            "vm_config: {environment_variables: {host_env_keys: [A_KEY, B_TOKEN]}, ",
        );
        let said = |names: &[&str]| {
            let env: Vec<String> = names
                .iter()
                .map(|name| format!("{{name: {name}, value: x}}"))
                .collect();
            let text = format!(
                "kind: EnvoyFilter\nspec: {{configPatches: [{{patch: {{value: {filter}}}}}]}}\n---\nkind: Deployment\nspec: {{template: {{spec: {{containers: [{{env: [{}]}}]}}}}}}\n",
                env.join(", ")
            );
            found(super::check, &text)
        };
        assert!(said(&["A_KEY", "B_TOKEN"]).is_empty());
        let one = said(&["A_KEY", "B_TOKE"]);
        assert_eq!(one.len(), 1);
        assert!(
            one[0].contains("no B_TOKEN in its `env`; did you mean \"B_TOKE\"?"),
            "{one:?}"
        );
        // Some other container.
        assert!(said(&["HOME"]).is_empty());
    }
}
