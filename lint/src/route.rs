//! A route: which requests go where, for how long and how often.

use crate::cursor::Cursor;
use crate::wanted::Wanted;

/// A route.
#[derive(Debug, Clone)]
pub struct Route {
    /// Where it stands.
    pub at: Cursor,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Alternatives of conditions on the target or the model; empty where it takes any.
    pub wanted: Vec<Wanted>,
    /// What becomes of a request.
    pub action: Action,
    /// How long an answer may take.
    pub timeout: Timeout,
    /// Where a limit of one whole try stands.
    pub per_try_timeout: Option<Cursor>,
    /// Tries after the first.
    pub retry: Retry,
    /// Where `auto_host_rewrite` stands.
    pub rewrites_host: Option<Cursor>,
    /// How large a request's body may be, where it is said.
    pub body_limit: Option<u64>,
    /// The routes that belong together: a virtual host, a VirtualService, all HTTPRoutes.
    pub table: usize,
    /// The contexts of Istio's in which it stands; none where it is no route of Istio's.
    pub contexts: Vec<&'static str>,
}

/// What becomes of a request.
#[derive(Debug, Clone)]
pub enum Action {
    /// It goes to one of these clusters.
    Clusters(Vec<Destination>),
    /// It goes where only the request tells.
    Somewhere,
    /// It is answered at once.
    Answer,
}

/// A cluster that a route names.
#[derive(Debug, Clone)]
pub struct Destination {
    /// Where it is named.
    pub at: Cursor,
    /// What Envoy calls it.
    pub cluster: String,
}

/// How long an answer may take.
#[derive(Debug, Clone)]
pub enum Timeout {
    /// The route does not say, and then it is so many milliseconds by default; 0 is for ever.
    Default(u64),
    /// The route says it, in milliseconds.
    Set(Cursor, u64),
}

/// Tries after the first.
#[derive(Debug, Clone, Default)]
pub struct Retry {
    /// Where the policy stands.
    pub at: Option<Cursor>,
    /// What is tried again, as Envoy's words.
    pub on: Vec<String>,
    /// How often; nothing where it is not said.
    pub count: Option<u64>,
    /// `refresh_cluster_on_retry`.
    pub refreshes: bool,
    /// Whether each try goes to the next priority.
    pub priorities: bool,
    /// Where the `priority_group` specifier stands, if it has more than one group.
    pub groups: Option<Cursor>,
}

impl Route {
    /// A route about which nothing is known yet.
    pub fn new(at: &Cursor, timeout_ms: u64, table: usize) -> Self {
        Route {
            at: at.clone(),
            name: None,
            wanted: Vec::new(),
            action: Action::Answer,
            timeout: Timeout::Default(timeout_ms),
            per_try_timeout: None,
            retry: Retry::default(),
            rewrites_host: None,
            body_limit: None,
            table,
            contexts: Vec::new(),
        }
    }

    /// Whether requests with this target come here.
    pub fn fits(&self, target: &str) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|wanted| wanted.fits(target))
    }

    /// Whether it looks at what Weir says of a request.
    pub fn is_weirs(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// The clusters that it names.
    pub fn destinations(&self) -> &[Destination] {
        match &self.action {
            Action::Clusters(destinations) => destinations,
            _ => &[],
        }
    }

    /// Whether a try may go to another provider than the one before.
    pub fn falls_back(&self) -> bool {
        self.retry.groups.is_some() || self.retry.priorities
    }
}

/// Milliseconds of a duration as Envoy, Istio or the Gateway API spell it: `15s`, `0.5s`, `250ms`, `1h30m`.
pub fn millis(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    let mut total = 0.0_f64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|letter: char| letter.is_ascii_alphabetic())?;
        let (number, tail) = rest.split_at_checked(end)?;
        let end = tail.find(|letter: char| !letter.is_ascii_alphabetic());
        let (unit, tail) = tail.split_at_checked(end.unwrap_or(tail.len()))?;
        let scale = match unit {
            "ms" => 1.0,
            "s" => 1_000.0,
            "m" => 60_000.0,
            "h" => 3_600_000.0,
            "us" | "ns" => 0.0,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * scale;
        rest = tail;
    }
    (0.0..=1e15).contains(&total).then_some(total as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        let read = ["15s", "0s", "0.5s", "250ms", "1h30m", "1m"].map(millis);
        let want = [15_000, 0, 500, 250, 5_400_000, 60_000].map(Some);
        assert_eq!(read, want);
        assert_eq!(["", "15", "x", "s", "-1s"].map(millis), [None; 5]);
    }
}
