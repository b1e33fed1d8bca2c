//! Walks through a document, whatever it is, and takes what it knows by its type or its place.

use crate::block::{Block, Position};
use crate::cluster::Cluster;
use crate::cursor::Cursor;
use crate::listener::Listener;
use crate::system::System;

/// What is around a value.
#[derive(Clone, Default)]
struct Around {
    position: Position,
    chain: Option<(Cursor, usize)>,
    listener: Option<usize>,
    cluster: Option<usize>,
}

/// Takes what one document holds into the system.
pub(super) fn walk(root: &Cursor, system: &mut System) {
    let around = Around {
        position: if root.document.kind == "EnvoyPatchPolicy" {
            Position::Unknown
        } else {
            Position::default()
        },
        ..Around::default()
    };
    value(root, &around, system);
}

fn value(at: &Cursor, around: &Around, system: &mut System) {
    let found = Block::read(at);
    if let Some(block) = found {
        system.blocks.push(Block {
            position: around.position,
            chain: around.chain.clone(),
            listener: around.listener,
            cluster: around.cluster,
            ..block
        });
        return;
    }
    let mut around = around.clone();
    typed(at, &mut around, system);
    for (index, item) in at.items().iter().enumerate() {
        let chain = Some((at.clone(), index));
        value(
            item,
            &Around {
                chain,
                ..around.clone()
            },
            system,
        );
    }
    for (key, member) in at.entries() {
        let mut inside = Around {
            chain: None,
            ..around.clone()
        };
        match key.as_str() {
            "upstream_http_filters" | "upstreamHttpFilters" => inside.position = Position::Upstream,
            "static_resources" | "staticResources" => {
                resources(&member, &inside, system);
                continue;
            }
            _ => {}
        }
        value(&member, &inside, system);
    }
}

/// A bootstrap's resources have no types: their place says what they are.
fn resources(at: &Cursor, around: &Around, system: &mut System) {
    for listener in at.list("listeners") {
        let mut around = around.clone();
        add_listener(&listener, &mut around, system);
        for (_, member) in listener.entries() {
            value(&member, &around, system);
        }
    }
    for cluster in at.list("clusters") {
        let mut around = around.clone();
        add_cluster(&cluster, &mut around, system);
        for (_, member) in cluster.entries() {
            value(&member, &around, system);
        }
    }
}

/// What a message's type says of what is in it.
fn typed(at: &Cursor, around: &mut Around, system: &mut System) {
    let Some(name) = at.type_name() else {
        return;
    };
    let short = name.rsplit('.').next().unwrap_or_default();
    match short {
        "Listener" => add_listener(at, around, system),
        "Cluster" => add_cluster(at, around, system),
        "HttpConnectionManager" => around.position = Position::Downstream,
        "HttpProtocolOptions" => around.position = Position::Upstream,
        _ => {}
    }
}

fn add_listener(at: &Cursor, around: &mut Around, system: &mut System) {
    around.listener = Some(system.listeners.len());
    system.listeners.push(Listener { at: at.clone() });
}

fn add_cluster(at: &Cursor, around: &mut Around, system: &mut System) {
    around.cluster = Some(system.clusters.len());
    system.clusters.push(Cluster {
        at: at.clone(),
        name: at.word("name").unwrap_or_default(),
    });
}
