//! A provider's headers, made of the client's.

use super::{BodyPlan, Plan, Sent};
use crate::config::{Auth, Provider};
use crate::dialect::Wire;
use crate::exchange::caller::{is_key, stays};
use crate::exchange::headers::{Edits, Value};
use crate::exchange::{Exchange, Headers};
use crate::search;

/// Beginnings of names of headers that only the client's wire knows.
const WIRE_PREFIXES: [&[u8]; 4] = [b"anthropic-", b"openai-", b"x-stainless-", b"x-goog-"];

/// Headers that Envoy adds anew for each attempt, and that a later attempt therefore keeps as they are.
const PER_ATTEMPT: [&str; 6] = [
    "x-request-id",
    "traceparent",
    "tracestate",
    "baggage",
    "b3",
    "x-cloud-trace-context",
];

impl Plan {
    /// What attempt `number` finds. `count` is the number of headers that Envoy tells, and `map` reads them.
    ///
    /// The map is read only where it may differ from what the exchange tells of it: another filter's headers change
    /// the count, and the caller's own key is in the map alone.
    pub fn found(
        &self,
        number: u32,
        count: usize,
        exchange: &Exchange,
        map: impl FnOnce() -> Headers,
    ) -> Found {
        if number > 1 {
            Found::Later(map())
        } else if self.settings.forward_caller_auth || count != exchange.header_count {
            Found::First(map())
        } else {
            Found::AsLeft
        }
    }

    /// The edits that turn the map as Envoy has it into the provider's headers.
    ///
    /// `written` is the body's exact length where it was written anew, and the headers that go with it.
    pub fn headers<'p>(
        &'p self,
        exchange: &'p Exchange,
        provider: &'p Provider,
        found: &'p Found,
        written: &Sent<'p>,
    ) -> Edits<'p> {
        match found {
            Found::AsLeft => {
                let stripped = Some(&exchange.stripped);
                self.changes(exchange, provider, &exchange.headers, stripped, written)
            }
            Found::First(current) => self.changes(exchange, provider, current, None, written),
            Found::Later(current) => {
                current.edits_to(&self.wanted(exchange, provider, found, written))
            }
        }
    }

    /// The provider's headers.
    pub fn wanted(
        &self,
        exchange: &Exchange,
        provider: &Provider,
        found: &Found,
        written: &Sent<'_>,
    ) -> Headers {
        let (later, none);
        let (base, stripped) = match found {
            Found::AsLeft => (&exchange.headers, Some(&exchange.stripped)),
            Found::First(current) => (current, None),
            Found::Later(current) => {
                (later, none) = (begin_again(exchange, current), Headers::default());
                (&later, Some(&none))
            }
        };
        base.edited(&self.changes(exchange, provider, base, stripped, written))
    }

    /// What becomes of the headers `base`. `stripped` are those that were taken out of it already because they stay
    /// here: the map still has them.
    fn changes<'p>(
        &'p self,
        exchange: &'p Exchange,
        provider: &'p Provider,
        base: &'p Headers,
        stripped: Option<&'p Headers>,
        written: &Sent<'p>,
    ) -> Edits<'p> {
        let length = written.length;
        let same_wire = self.wire == exchange.wire;
        let keep_auth = self.settings.forward_caller_auth;
        let mut edits = Edits::default();
        for (name, _) in stripped.into_iter().flat_map(Headers::iter) {
            edits.remove(name);
        }
        for (name, _) in base.iter() {
            let foreign = !same_wire && WIRE_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
            let stays = match stripped {
                None => stays(name, keep_auth),
                Some(_) => !keep_auth && is_key(name),
            };
            if foreign || stays {
                edits.remove(name);
            }
        }
        if same_wire
            && self.wire == Wire::Anthropic
            && let Some(header) = base.text("anthropic-beta")
        {
            match self.wire.beta_header(header, provider.kind) {
                Some(header) => set(&mut edits, base, "anthropic-beta", header),
                None => edits.remove(b"anthropic-beta"),
            }
        }
        set(&mut edits, base, ":path", self.path.as_str());
        set(&mut edits, base, ":authority", provider.host.as_str());
        for (name, value) in provider.kind.default_headers {
            if !base.has(name) || edits.removes(name.as_bytes()) {
                set(&mut edits, base, name, *value);
            }
        }
        for (name, value) in &provider.headers {
            set(&mut edits, base, name, value.expose());
        }
        if let Auth::Header { name, value } = &provider.auth {
            set(&mut edits, base, name, value.expose());
        }
        for (name, value) in written.headers {
            set(&mut edits, base, name, value.as_str());
        }
        // Bodies are JSON whatever a client calls them: curl says it is a form.
        let kind = edits.value("content-type");
        let kind = kind
            .or_else(|| base.get("content-type"))
            .unwrap_or_default();
        let json = search::has(kind, b"json");
        if self.body == BodyPlan::Translate || !json {
            set(&mut edits, base, "content-type", "application/json");
        }
        // A stale length would smuggle a second request into the provider's connection.
        match length {
            Some(length) => {
                if base.has("transfer-encoding") {
                    edits.remove(b"transfer-encoding");
                }
                set(&mut edits, base, "content-length", length.to_string());
            }
            None => match exchange.headers.get("content-length") {
                Some(length) => set(&mut edits, base, "content-length", length),
                None if base.has("content-length") => edits.remove(b"content-length"),
                None => {}
            },
        }
        edits
    }
}

/// Sets a header that is not so already.
fn set<'p>(edits: &mut Edits<'p>, base: &Headers, name: &'p str, value: impl Into<Value<'p>>) {
    let value = value.into();
    let said = edits.removes(name.as_bytes()) || edits.value(name).is_some();
    if said || !base.is(name, value.as_bytes()) {
        edits.set(name, value);
    }
}

/// The headers that an attempt finds.
#[derive(Debug)]
pub enum Found {
    /// A first attempt's are as the edge left them: those of the exchange.
    AsLeft,
    /// The map of a first attempt, which another filter may have changed since.
    First(Headers),
    /// The map of a later attempt. It has what an earlier one made of it, another provider's key included, so that it
    /// begins with the edge's snapshot.
    Later(Headers),
}

/// The headers a later attempt begins with: the edge's, with Envoy's own per-attempt ones as they are now.
fn begin_again(exchange: &Exchange, current: &Headers) -> Headers {
    let mut fresh = Edits::default();
    for name in PER_ATTEMPT {
        if let Some(value) = current.get(name) {
            fresh.set(name, value);
        }
    }
    exchange.headers.edited(&fresh)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{AttemptConfig, Config, RouteSettings};
    use crate::exchange::Operation;
    use crate::exchange::caller::snapshot;

    fn config(forward: bool) -> AttemptConfig {
        let json = format!(
            r#"{{"stage":"attempt","providers":[{{"provider":"gemini","auth":"none","forward_caller_auth":{forward},"headers":{{"x-extra":"e"}}}}]}}"#
        );
        match crate::config::parse(json.as_bytes(), &|_| None) {
            Ok(Config::Attempt(config)) => config,
            _ => panic!("a configuration"),
        }
    }

    /// An exchange of Google's wire whose request had these headers, all of one value.
    fn exchange(wire: Wire, headers: &Headers) -> Exchange {
        let mut exchange = Exchange::passing(wire, 0);
        exchange.model = "m".to_owned();
        exchange.path = "/v1beta/models/m:generateContent".to_owned();
        (exchange.headers, exchange.stripped) = snapshot(headers, &[], false);
        exchange.header_count = headers.len();
        exchange
    }

    fn plan(exchange: &Exchange, provider: &Provider) -> Plan {
        let settings = RouteSettings::default().over(provider);
        let plan = Plan::new(exchange, Operation::GenerateContent, provider, settings);
        plan.expect("a plan")
    }

    /// The names of those of a client's headers that a provider gets.
    fn passed(forward: bool, number: u32) -> Vec<String> {
        let config = config(forward);
        let provider = config.providers.first().expect("one");
        let own = [
            "x-goog-api-key",
            "x-goog-user-project",
            "x-goog-api-client",
            "openai-organization",
            "openai-project",
            "cookie",
        ];
        let current = Headers::of(&own.map(|name| (name.as_bytes(), b"own".as_slice())));
        let exchange = exchange(Wire::Gemini, &current);
        let plan = plan(&exchange, provider);
        let found = plan.found(number, current.len(), &exchange, || current.clone());
        let edits = plan.headers(&exchange, provider, &found, &Sent::default());
        let wanted = current.edited(&edits);
        let names = wanted.iter().filter(|(_, value)| value == b"own");
        names
            .map(|(name, _)| String::from_utf8_lossy(name).into_owned())
            .collect()
    }

    #[test]
    fn a_callers_key_goes_on_with_its_account_or_not_at_all() {
        assert_eq!(passed(false, 1), ["x-goog-api-client"]);
        let all = [
            "x-goog-api-key",
            "x-goog-user-project",
            "x-goog-api-client",
            "openai-organization",
            "openai-project",
        ];
        assert_eq!(passed(true, 1), all);
        // What a later attempt finds in the map is an earlier provider's, unless the edge kept it.
        assert_eq!(passed(true, 2), ["x-goog-api-client"]);
    }

    #[test]
    fn the_map_need_not_be_read_to_know_what_becomes_of_it() {
        let names = [
            ":path",
            ":authority",
            "authorization",
            "cookie",
            "x-extra",
            "content-type",
            "content-length",
            "transfer-encoding",
            "x-weir-target",
            "openai-beta",
            "user-agent",
        ];
        let value = |name: &str, odd: bool| match name {
            ":path" if odd => "/v1beta/models/m:generateContent?key=k",
            ":path" => "/v1beta/models/m:generateContent",
            "content-type" if odd => "text/plain",
            "content-type" => "application/json",
            "x-extra" if odd => "e",
            _ => "7",
        };
        let config = config(false);
        let provider = config.providers.first().expect("one");
        for chosen in 0u32..1 << names.len() {
            let odd = chosen % 3 == 0;
            let mut pairs: Vec<(&[u8], &[u8])> = Vec::new();
            for (bit, name) in names.iter().enumerate() {
                if chosen >> bit & 1 == 1 {
                    pairs.push((name.as_bytes(), value(name, odd).as_bytes()));
                }
            }
            let current = Headers::of(&pairs);
            for (wire, length) in [(Wire::Gemini, None), (Wire::OpenAi, Some(9))] {
                let exchange = exchange(wire, &current);
                let plan = Plan::new(
                    &exchange,
                    Operation::GenerateContent,
                    provider,
                    RouteSettings::default().over(provider),
                );
                let plan = plan.expect("a plan");
                let sent = Sent {
                    length,
                    headers: &[],
                };
                let [left, read] = [Found::AsLeft, Found::First(current.clone())].map(|found| {
                    let edits = plan.headers(&exchange, provider, &found, &sent);
                    let edited = current.edited(&edits);
                    let wanted = plan.wanted(&exchange, provider, &found, &sent);
                    assert_eq!(edited.edits_to(&wanted), Edits::default(), "{pairs:?}");
                    edited
                });
                assert_eq!(left, read, "{pairs:?}");
            }
        }
    }
}
