//! What unit tests begin with.

use crate::cursor::Cursor;
use crate::document::{Document, Source, documents};
use crate::finding::Findings;
use crate::system::System;
use std::rc::Rc;

fn read(text: &str) -> (Vec<Rc<Document>>, Findings) {
    let mut findings = Findings::default();
    let source = Source {
        name: "a.yaml".to_owned(),
        text: text.to_owned(),
    };
    (documents(&[source], &mut findings), findings)
}

/// The documents of a text in which YAML has nothing wrong.
fn whole(text: &str) -> Vec<Rc<Document>> {
    let (documents, findings) = read(text);
    assert!(findings.take().is_empty(), "{text}");
    documents
}

/// The whole of a document.
pub(crate) fn cursor(text: &str) -> Cursor {
    let documents = whole(text);
    Cursor::root(documents.first().expect("a document"))
}

/// What one check finds in a text: levels and messages.
pub(crate) fn found(check: fn(&System, &mut Findings), text: &str) -> Vec<String> {
    let (documents, _) = read(text);
    let mut out = Vec::new();
    for system in crate::system::systems(&documents) {
        let mut findings = Findings::default();
        check(&system, &mut findings);
        out.extend(findings.take());
    }
    out.iter()
        .map(|finding| {
            format!(
                "{}: {}: {}",
                finding.level.word(),
                finding.place.path,
                finding.message
            )
        })
        .collect()
}

/// A filter of Weir's, in which nothing is wrong: its VM's name, and what it is told.
pub(crate) fn block(vm_id: &str, told: &str) -> String {
    format!(
        "{{name: weir, typed_config: {{\"@type\": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm, config: {{\
         name: weir, failure_policy: FAIL_RELOAD, allow_on_headers_stop_iteration: true, \
         vm_config: {{vm_id: {vm_id}, runtime: envoy.wasm.runtime.v8, code: {{local: {{filename: /etc/weir/weir.wasm}}}}}}, \
         configuration: {{\"@type\": type.googleapis.com/google.protobuf.Struct, value: {told}}}}}}}}}"
    )
}

/// The one system of a text.
pub(crate) fn system(text: &str) -> System {
    let documents = whole(text);
    crate::system::systems(&documents).pop().expect("a system")
}
