//! `weir.attempt`: the upstream filter. A fresh instance serves every try.

use super::host;
use super::respond::Sent;
use crate::chat::{Error, ErrorKind};
use crate::config::{AttemptConfig, Place, Provider, RouteSettings};
use crate::dialect::Wire;
use crate::exchange::answer::Answer;
use crate::exchange::dry_run;
use crate::exchange::upstream::{self, BodyPlan, Found, Plan};
use crate::exchange::{AttemptRecord, Exchange, LocalReply};
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;
use std::rc::Rc;

/// One try of one request.
pub struct AttemptFilter {
    config: Rc<AttemptConfig>,
    state: State,
}

enum State {
    /// Nothing came yet, or the request is none of ours.
    Idle,
    /// The body is awaited.
    AwaitBody(Box<Pending>),
    /// The request went.
    Sent(Box<Sent>),
    /// The filter answered itself.
    Replied,
}

/// A request whose body is awaited.
pub struct Pending {
    exchange: Exchange,
    provider: usize,
    plan: Plan,
    found: Found,
    number: u32,
    /// Whether the edge itself makes the attempt.
    inline: bool,
}

/// Where this attempt runs.
struct Here {
    cluster: String,
}

impl Place for Here {
    fn cluster(&self) -> &str {
        &self.cluster
    }

    fn cluster_metadata(&self, namespace: &str, key: &str) -> Option<String> {
        let path = format!("xds\0cluster_metadata\0filter_metadata\0{namespace}\0{key}");
        text(host::property(&path)?)
    }

    fn endpoint_metadata(&self, namespace: &str, key: &str) -> Option<String> {
        let path = format!("xds\0upstream_host_metadata\0filter_metadata\0{namespace}\0{key}");
        text(host::property(&path)?)
    }
}

fn text(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok()
}

impl AttemptFilter {
    pub fn new(config: Rc<AttemptConfig>) -> Self {
        AttemptFilter {
            config,
            state: State::Idle,
        }
    }

    fn reply(&mut self, reply: &LocalReply) -> Action {
        self.state = State::Replied;
        host::reply(reply);
        Action::Pause
    }

    /// Writes what was gathered, of this size at most, for the provider.
    fn send_whole(&mut self, size: usize) -> Action {
        let State::AwaitBody(pending) = &self.state else {
            return Action::Continue;
        };
        let body = host::request_body(size);
        match pending.send_body(&self.config, &body) {
            Ok(sent) => {
                self.state = State::Sent(Box::new(sent));
                Action::Continue
            }
            Err(answered) => self.reply(&answered.reply),
        }
    }

    /// Refuses without a record: there is no exchange, or no provider.
    fn refuse(&mut self, wire: Wire, error: &Error, number: Option<u32>) -> Action {
        if let Some(number) = number {
            let record = AttemptRecord {
                local: true,
                error: Some(error.kind),
                message: error.message.clone(),
                ..AttemptRecord::default()
            };
            host::set_property(&AttemptRecord::key(number), &record.pack());
        }
        self.reply(&LocalReply::error(wire, error))
    }
}

impl Context for AttemptFilter {}

impl HttpContext for AttemptFilter {
    fn on_http_request_headers(&mut self, count: usize, end_of_stream: bool) -> Action {
        let exchange = host::property("weir.exchange").and_then(|bytes| Exchange::unpack(&bytes));
        let cluster = host::property("xds\0cluster_name")
            .and_then(text)
            .unwrap_or_default();
        let config = self.config.clone();
        let place = Here { cluster };
        let provider = config.provider_at(&place);
        let (exchange, index) = match (exchange, provider) {
            // Without an exchange of this request no key is given away.
            (None, Some(_)) => {
                let message = "This cluster is for requests that came through Weir's edge";
                return self.refuse(
                    Wire::OpenAi,
                    &Error::new(ErrorKind::Permission, message),
                    None,
                );
            }
            (None, None) => return Action::Continue,
            (Some(exchange), _) if exchange.operation.is_none() => return Action::Continue,
            (Some(exchange), None) => {
                let message = format!(
                    "No provider is configured for the cluster `{}`",
                    place.cluster
                );
                let error = Error::new(ErrorKind::Internal, message);
                return self.refuse(exchange.wire, &error, Some(number()));
            }
            (Some(exchange), Some(index)) => (exchange, index),
        };
        let number = number();
        let Some((provider, operation)) = config.providers.get(index).zip(exchange.operation)
        else {
            return Action::Continue;
        };
        let settings = match route_settings() {
            Ok(settings) => settings.over(provider),
            Err(error) => return self.refuse(exchange.wire, &error, Some(number)),
        };
        let plan = match Plan::new(&exchange, operation, provider, settings) {
            Ok(plan) => plan,
            Err(error) => return self.refuse(exchange.wire, &error, Some(number)),
        };
        let found = plan.found(number, count, &exchange, host::request_headers);
        let pending = Pending {
            provider: index,
            plan,
            found,
            number,
            inline: false,
            exchange,
        };
        let passes = pending.plan.body == BodyPlan::Keep && !pending.exchange.dry_run;
        if passes || end_of_stream {
            self.state = State::Sent(Box::new(pending.send(
                &config,
                provider,
                &upstream::Sent::default(),
            )));
            return Action::Continue;
        }
        self.state = State::AwaitBody(Box::new(pending));
        Action::Pause
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        if !matches!(self.state, State::AwaitBody(_)) {
            return Action::Continue;
        }
        if !end_of_stream {
            return Action::Pause;
        }
        self.send_whole(size)
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        // The body ended without saying so. What is not rewritten now would go as the client sent it, key included.
        self.send_whole(host::WHOLE)
    }

    fn on_http_response_headers(&mut self, _: usize, end_of_stream: bool) -> Action {
        match &mut self.state {
            State::Sent(sent) => sent.headers(&host::response_headers(), end_of_stream),
            _ => Action::Continue,
        }
    }

    fn on_http_response_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        match &mut self.state {
            State::Sent(sent) => sent.body(size, end_of_stream),
            _ => Action::Continue,
        }
    }

    fn on_http_response_trailers(&mut self, _: usize) -> Action {
        match &mut self.state {
            State::Sent(sent) => sent.trailers(),
            _ => Action::Continue,
        }
    }
}

/// What the route's metadata says. The host gives it whole, in one call.
fn route_settings() -> Result<RouteSettings, Error> {
    let Some(bytes) = host::property("xds\0route_metadata\0filter_metadata\0weir") else {
        return Ok(RouteSettings::default());
    };
    if bytes.is_empty() {
        return Ok(RouteSettings::default());
    }
    RouteSettings::read(&bytes).map_err(|mistakes| {
        for mistake in &mistakes {
            host::log_error(&format!("weir config: route metadata: {mistake}"));
        }
        Error::new(
            ErrorKind::Internal,
            "The route's metadata is not valid; the proxy's log says why",
        )
    })
}

/// Which try this is, from 1.
fn number() -> u32 {
    let count = host::number("upstream\0request_attempt_count");
    count
        .and_then(|count| u32::try_from(count).ok())
        .unwrap_or(1)
        .max(1)
}

impl Pending {
    /// The attempt that an edge makes itself. Envoy has not chosen a cluster yet: the target stands for it.
    pub fn inline(
        config: &AttemptConfig,
        exchange: Exchange,
        target: String,
    ) -> Result<Self, Error> {
        let place = Here { cluster: target };
        let provider = config.provider_at(&place);
        let missing = || {
            let message = format!(
                "No provider is configured for the cluster `{}`",
                place.cluster
            );
            Error::new(ErrorKind::Internal, message)
        };
        let index = provider.ok_or_else(missing)?;
        let (provider, operation) = config
            .providers
            .get(index)
            .zip(exchange.operation)
            .ok_or_else(missing)?;
        let settings = route_settings()?.over(provider);
        let plan = Plan::new(&exchange, operation, provider, settings)?;
        Ok(Pending {
            provider: index,
            found: plan.found(1, exchange.header_count, &exchange, host::request_headers),
            plan,
            number: 1,
            inline: true,
            exchange,
        })
    }

    fn sent(&self, config: &AttemptConfig, provider: &Provider) -> Sent {
        use std::hash::{BuildHasher, Hasher};
        // The hasher's keys are the host's random bytes.
        let hasher = std::collections::hash_map::RandomState::new().build_hasher();
        let answer = Answer::new(
            config,
            provider,
            &self.exchange,
            &self.plan,
            hasher.finish(),
        );
        Sent::new(answer, self.number, self.inline)
    }

    /// Sends the headers.
    fn send(&self, config: &AttemptConfig, provider: &Provider, body: &upstream::Sent<'_>) -> Sent {
        let edits = self
            .plan
            .headers(&self.exchange, provider, &self.found, body);
        host::edit_request(&edits);
        let mut sent = self.sent(config, provider);
        sent.publish();
        sent
    }

    /// Writes the body for the provider and sends it all.
    ///
    /// # Errors
    /// The answer, where none is asked of the provider.
    pub fn send_body(&self, config: &AttemptConfig, body: &[u8]) -> Result<Sent, Answered> {
        let Some(provider) = config.providers.get(self.provider) else {
            let error = Error::new(ErrorKind::Internal, "The provider of this attempt is gone");
            return Err(Answered {
                reply: LocalReply::error(self.exchange.wire, &error),
                error: Some(error.kind),
            });
        };
        if self.plan.body == BodyPlan::Estimate {
            return Err(self.answered(config, provider, self.plan.estimate(&self.exchange)));
        }
        match self.plan.write(&self.exchange, provider, body) {
            Ok(written) if self.exchange.dry_run => {
                let reply = dry_run::reply(
                    &self.exchange,
                    provider,
                    &self.plan,
                    &self.found,
                    body,
                    written.as_ref(),
                );
                Err(self.answered(config, provider, reply))
            }
            Ok(Some(written)) => {
                host::replace_request_body(&written.body);
                let body = upstream::Sent {
                    length: Some(written.body.len()),
                    headers: &written.headers,
                };
                let mut sent = self.send(config, provider, &body);
                sent.answer.translated(written);
                Ok(sent)
            }
            Ok(None) => {
                let body = upstream::Sent {
                    length: Some(body.len()),
                    headers: &[],
                };
                Ok(self.send(config, provider, &body))
            }
            Err(error) => {
                let mut sent = self.sent(config, provider);
                let reply = sent.answer.refuse(&error);
                sent.publish();
                Err(Answered {
                    reply,
                    error: Some(error.kind),
                })
            }
        }
    }

    /// The attempt answers by itself, and well.
    fn answered(&self, config: &AttemptConfig, provider: &Provider, reply: LocalReply) -> Answered {
        let mut sent = self.sent(config, provider);
        sent.answer.answered();
        sent.publish();
        Answered { reply, error: None }
    }
}

/// An answer that was not asked of the provider.
pub struct Answered {
    pub reply: LocalReply,
    /// Why, where it is an error.
    pub error: Option<ErrorKind>,
}
