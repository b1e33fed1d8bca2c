//! A cluster: where requests go.

use crate::cursor::Cursor;
use crate::listener::Buffer;

/// A cluster.
#[derive(Debug)]
pub struct Cluster {
    /// Where it stands, or what a control plane makes it of.
    pub at: Cursor,
    /// What Envoy calls it.
    pub name: String,
    /// Another name that it may have: Envoy Gateway's, where each backend gets a cluster.
    pub parts: Vec<String>,
    /// Envoy's own cluster, not one that a control plane will make.
    pub own: bool,
    /// What may be held; nothing where a control plane says it for all.
    pub buffer: Option<Buffer>,
    /// Whether it has upstream filters of its own, which replace the router's.
    pub filters: Option<Cursor>,
}

impl Cluster {
    /// Reads a cluster of Envoy's.
    pub fn of_envoy(at: &Cursor) -> Self {
        let options = at.get("typed_extension_protocol_options");
        let options = options.map(|options| options.entries()).unwrap_or_default();
        let messages = options.iter().filter_map(|(_, any)| any.message());
        let mut filters = messages.filter_map(|(name, message)| {
            let http = name.ends_with("HttpProtocolOptions");
            http.then(|| message.get("http_filters")).flatten()
        });
        Cluster {
            name: at.word("name").unwrap_or_default(),
            parts: Vec::new(),
            own: true,
            buffer: Some(Buffer::of_envoy(at, "cluster")),
            filters: filters.next(),
            at: at.clone(),
        }
    }

    /// A cluster that a control plane makes.
    pub fn made(at: &Cursor, name: String) -> Self {
        Cluster {
            at: at.clone(),
            name,
            parts: Vec::new(),
            own: false,
            buffer: None,
            filters: None,
        }
    }

    /// Whether a name, or a pattern of names, is this cluster's.
    pub fn is_called(&self, pattern: &str) -> bool {
        let pattern = weir::config::Pattern::new(pattern);
        pattern.matches(&self.name)
            || (!self.parts.is_empty() && self.parts.iter().all(|part| pattern.matches(part)))
    }
}
