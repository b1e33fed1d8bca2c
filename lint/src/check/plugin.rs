//! What Envoy has to be told of a plugin for Weir to work in it.

use crate::block::Block;
use crate::finding::Findings;
use crate::system::System;

const NAME: &str = "plugin";

pub(super) fn check(system: &System, findings: &mut Findings) {
    for block in &system.blocks {
        holds_headers(block, findings);
        reloads(block, findings);
        runs(block, findings);
    }
}

fn holds_headers(block: &Block, findings: &mut Findings) {
    let key = "allow_on_headers_stop_iteration";
    let found = block.plugin.get(key);
    if !found.as_ref().is_some_and(|found| found.is_true()) {
        findings.error(
            NAME,
            found.as_ref().unwrap_or(&block.plugin).place(),
            format!("`{key}: true` is missing: without it Envoy shows no body to a filter that holds the headers, and every request hangs"),
        );
    }
}

fn reloads(block: &Block, findings: &mut Findings) {
    let policy = block.plugin.get("failure_policy");
    let word = policy
        .as_ref()
        .and_then(|policy| policy.text())
        .unwrap_or_default();
    let place = policy.as_ref().unwrap_or(&block.plugin).place();
    let open = block
        .plugin
        .get("fail_open")
        .is_some_and(|open| open.is_true());
    match word {
        "FAIL_RELOAD" => {}
        "FAIL_OPEN" => findings.error(
            NAME,
            place,
            "with FAIL_OPEN what comes after a crash passes by Weir for ever: untranslated, unmetered, without a key; FAIL_RELOAD starts it anew",
        ),
        "" if open => findings.error(
            NAME,
            place,
            "with `fail_open` what comes after a crash passes by Weir for ever: untranslated, unmetered, without a key; `failure_policy: FAIL_RELOAD` starts it anew",
        ),
        _ => findings.warn(
            NAME,
            place,
            "`failure_policy: FAIL_RELOAD` is missing: after a crash every request of that worker is answered with 503, until Envoy is started anew",
        ),
    }
}

fn runs(block: &Block, findings: &mut Findings) {
    let Some(vm) = block.plugin.get("vm_config") else {
        findings.error(
            NAME,
            block.plugin.place(),
            "has no `vm_config`: Envoy has no code to run",
        );
        return;
    };
    if vm.get("code").is_none() {
        findings.error(NAME, vm.place(), "has no `code`: Envoy has no code to run");
    }
    if let Some(runtime) = vm.get("runtime")
        && !runtime
            .text()
            .is_some_and(|name| name.starts_with("envoy.wasm.runtime."))
    {
        findings.error(
            NAME,
            runtime.place(),
            "is no runtime of Envoy's: envoy.wasm.runtime.v8 is the one that stock builds have",
        );
    }
    if let Some(remote) = vm.at(&["code", "remote"])
        && remote.word("sha256").unwrap_or_default().is_empty()
    {
        findings.error(
            NAME,
            remote.place(),
            "has no `sha256`: Envoy refuses code from elsewhere without one",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{block, found};

    const TOLD: &str = "{stage: edge}";

    fn said(from: &str, to: &str) -> Vec<String> {
        let text = block("edge", TOLD);
        assert!(text.contains(from), "{from}");
        found(super::check, &text.replace(from, to))
    }

    #[test]
    fn a_good_plugin_is_good() {
        assert!(found(super::check, &block("edge", TOLD)).is_empty());
    }

    #[test]
    fn headers_are_held() {
        let flag = "allow_on_headers_stop_iteration: true";
        assert!(said(flag, "x: 1")[0].starts_with("error: typed_config.config: `allow_on_headers"));
        assert_eq!(
            said(flag, "allow_on_headers_stop_iteration: false").len(),
            1
        );
        assert_eq!(said(flag, "allowOnHeadersStopIteration: true").len(), 0);
    }

    #[test]
    fn it_comes_back_after_a_crash() {
        let policy = "failure_policy: FAIL_RELOAD";
        assert!(said(policy, "failure_policy: FAIL_CLOSED")[0].starts_with("warning"));
        assert!(said(policy, "x: 1")[0].starts_with("warning"));
        assert!(said(policy, "failure_policy: FAIL_OPEN")[0].starts_with("error"));
        assert!(said(policy, "fail_open: true")[0].starts_with("error"));
    }

    #[test]
    fn there_is_code() {
        let code = "code: {local: {filename: /etc/weir/weir.wasm}}";
        assert!(said(code, "x: 1")[0].contains("no `code`"));
        let remote = "code: {remote: {http_uri: {uri: http://a/weir.wasm}}}";
        assert!(said(code, remote)[0].contains("sha256"));
        assert!(said("runtime: envoy.wasm.runtime.v8", "runtime: v8")[0].contains("no runtime"));
        assert!(said("vm_config:", "x:")[0].contains("no `vm_config`"));
    }
}
