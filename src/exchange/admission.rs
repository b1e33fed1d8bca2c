//! The edge's request side: what is asked, by whom, may they, and where it goes.

use super::caller::snapshot;
use super::dry_run::{self, Query};
use super::headers::Edits;
use super::identity::{self, Lookup};
use super::operation::{BodyMode, Recognised, Unrecognised, recognise};
use super::query::{query, without_key};
use super::{Exchange, Headers, LocalReply, Operation};
use crate::chat::{Error, ErrorKind};
use crate::config::{EdgeConfig, Unknown};
use crate::dialect::{Wire, anthropic, gemini, openai};
use crate::json::scan;
use crate::meter::estimate;
use crate::provider::asks_for_events;

/// Longest name of a model: the longest of Bedrock's, and records, paths and log lines carry it.
const MAX_MODEL_BYTES: usize = 2048;

/// A request on its way in, after its headers were read and before its body was.
#[derive(Debug, Clone)]
pub struct Admission {
    /// What is asked.
    pub operation: Operation,
    /// The wire that the client speaks.
    pub wire: Wire,
    /// Who asks; empty where nobody is asked for.
    pub caller: String,
    /// Their team; empty where none is known.
    pub team: String,
    path: String,
    path_model: Option<String>,
    path_stream: Option<bool>,
    dry_run: Option<Query>,
    started_ms: u64,
}

/// A request that goes on, with what is to be published for routes and attempts.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// For the attempts.
    pub exchange: Exchange,
    /// Where it is to go; empty where no model list says.
    pub target: String,
    /// Whether routes are told by headers too.
    pub tells_routes: bool,
}

impl Admitted {
    /// What routes may match beside filter state. `model` is the model's name as a header may say it.
    pub fn route_headers<'a>(&'a self, model: &'a str) -> Edits<'a> {
        let mut edits = Edits::default();
        if self.tells_routes {
            edits.set(MODEL_HEADER, model);
            if !self.target.is_empty() {
                edits.set(TARGET_HEADER, self.target.as_str());
            }
        }
        edits
    }
}

/// The header that tells routes the model's name.
const MODEL_HEADER: &str = "x-weir-model";
/// The header that tells routes the target.
pub const TARGET_HEADER: &str = "x-weir-target";

/// What becomes of a request after its headers.
#[derive(Debug)]
pub enum Step {
    /// It is none of ours: nothing is read, held or removed.
    Ignore,
    /// It passes within the scope, untranslated and without a key.
    Pass(Wire),
    /// Its body is wanted whole, at most [`EdgeConfig::max_request_bytes`].
    AwaitBody(Box<Admission>),
    /// It is answered here. What is known of it is kept for the settlement.
    Reply(LocalReply, Option<ErrorKind>, Option<Operation>),
}

/// Reads a request's headers; `now_ms` is Unix time in milliseconds.
pub fn headers(
    config: &EdgeConfig,
    headers: &Headers,
    end_of_stream: bool,
    lookup: &dyn Lookup,
    now_ms: u64,
) -> Step {
    let host = headers.text(":authority").unwrap_or_default();
    let Some(path) = headers
        .text(":path")
        .and_then(|path| in_scope(config, host, path))
    else {
        return Step::Ignore;
    };
    let method = headers.text(":method").unwrap_or_default();
    let guess = guess_wire(headers, path);
    let bare = path.split_once('?').map_or(path, |(bare, _)| bare);
    // An upgraded connection has no body to wait for and no end.
    let upgrade = method == "CONNECT" || headers.has("upgrade");
    let found = match recognise_all(config, method, bare) {
        Ok(found) if !upgrade => found,
        _ if config.unknown_paths == Unknown::Pass => return Step::Pass(guess),
        Ok(_) | Err(Unrecognised::Path) => {
            let error = Error::new(
                ErrorKind::NotFound,
                format!("Unknown path: {method} {bare}"),
            );
            return refuse(guess, &error, None);
        }
        Err(Unrecognised::Method(wanted)) => {
            let message = format!("Method {method} is not allowed for {bare}; use {wanted}");
            let mut error = Error::new(ErrorKind::InvalidRequest, message);
            error.status = 405;
            return refuse(guess, &error, None);
        }
    };
    admit(
        config,
        headers,
        found,
        (guess, path),
        end_of_stream,
        lookup,
        now_ms,
    )
}

/// What is asked for, the gateway's own paths included.
fn recognise_all<'p>(
    config: &EdgeConfig,
    method: &str,
    path: &'p str,
) -> Result<Recognised<'p>, Unrecognised> {
    if !config.dry_run || path != dry_run::PATH {
        return recognise(method, path);
    }
    if method != "POST" {
        return Err(Unrecognised::Method("POST"));
    }
    Ok(Recognised {
        operation: Operation::Translate,
        model: None,
        stream: None,
        wire: None,
    })
}

fn admit(
    config: &EdgeConfig,
    headers: &Headers,
    found: Recognised<'_>,
    (guess, path): (Wire, &str),
    end_of_stream: bool,
    lookup: &dyn Lookup,
    now_ms: u64,
) -> Step {
    let operation = found.operation;
    let wire = match operation.body_mode() {
        BodyMode::None => found.wire.unwrap_or(guess),
        BodyMode::HeldJson => operation.wire(),
    };
    let read = |source| identity::read(source, headers, lookup);
    let caller = match &config.caller {
        None => String::new(),
        Some(source) => match read(source) {
            Some(name) => name,
            None => {
                let message = "No caller is known for this request: authentication is required";
                let error = Error::new(ErrorKind::Authentication, message);
                return refuse(wire, &error, Some(operation));
            }
        },
    };
    match operation {
        Operation::Models => return models(config, wire),
        Operation::Model => return model(config, wire, found.model.as_deref().unwrap_or_default()),
        _ => {}
    }
    let query = (operation == Operation::Translate).then(|| Query::read(path));
    let dry_run = match query.transpose() {
        Ok(query) => query,
        Err(error) => return refuse(wire, &error, Some(operation)),
    };
    let declared = headers
        .text("content-length")
        .and_then(|text| text.parse::<u64>().ok());
    if declared.is_some_and(|length| length > config.max_request_bytes) {
        return refuse(wire, &too_large(config), Some(operation));
    }
    let coding = headers.get("content-encoding").unwrap_or_default();
    if !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity") {
        let coding = String::from_utf8_lossy(coding);
        let message = format!("The request body is encoded (`{coding}`); send it as it is");
        let mut error = Error::new(ErrorKind::InvalidRequest, message);
        error.status = 415;
        return refuse(wire, &error, Some(operation));
    }
    if end_of_stream {
        let error = Error::new(
            ErrorKind::InvalidRequest,
            "The request has no body; a JSON object is expected",
        );
        return refuse(wire, &error, Some(operation));
    }
    Step::AwaitBody(Box::new(Admission {
        operation,
        wire,
        caller,
        team: config.team.as_ref().and_then(read).unwrap_or_default(),
        path: without_key(path),
        path_model: found.model.map(|model| model.into_owned()),
        path_stream: found.stream,
        dry_run,
        started_ms: now_ms,
    }))
}

impl Admission {
    /// Reads what routing needs from the whole body.
    ///
    /// `headers` are the request's as the edge leaves them.
    ///
    /// # Errors
    /// The client's error, to be answered in its wire.
    pub fn body(
        &self,
        config: &EdgeConfig,
        headers: &Headers,
        body: &[u8],
    ) -> Result<Admitted, Error> {
        let [model, stream, options] = scan::top_level(body, ["model", "stream", "stream_options"])
            .map_err(|error| {
                let message = format!("The request body is not a JSON object: {error}");
                Error::new(ErrorKind::InvalidRequest, message)
            })?;
        // A provider whose parser takes the first would serve another model than was allowed and is settled.
        let routed = [("model", &model), ("stream", &stream)];
        for (name, member) in routed {
            if member.as_ref().is_some_and(|member| member.repeated) {
                return Err(at(name, "given twice"));
            }
        }
        let dry = self.dry_run.as_ref();
        let wire = dry.map_or(self.wire, |query| query.wire(body));
        let path_model = self.path_model.as_ref();
        let model = match (
            path_model.or(dry.and_then(|query| query.model.as_ref())),
            model,
        ) {
            (Some(model), _) => model.clone(),
            (None, Some(member)) => {
                json_string(member.value).ok_or_else(|| at("model", "expected a string"))?
            }
            (None, None) => return Err(at("model", "missing; name the model to use")),
        };
        if model.len() > MAX_MODEL_BYTES {
            let message = format!("longer than {MAX_MODEL_BYTES} bytes");
            return Err(at("model", &message));
        }
        let target = match config.route(&model) {
            _ if dry.is_some_and(|query| query.target.is_some()) => dry
                .and_then(|query| query.target.clone())
                .unwrap_or_default(),
            Some(route) => route.target.clone(),
            None if config.unknown_models == Unknown::Pass => String::new(),
            None => return Err(unknown_model(&model)),
        };
        let stream = self
            .path_stream
            .unwrap_or_else(|| stream.is_some_and(|member| member.value == b"true"))
            || dry.is_some_and(|query| query.stream);
        let (operation, path) = match dry {
            Some(_) => dry_run::asked(wire, &model, stream),
            None => (self.operation, self.path.clone()),
        };
        // Google's streams are one JSON array, unless the client says otherwise.
        let array = wire == Wire::Gemini && !asks_for_events(query(&path));
        let include_usage = options.is_some_and(|member| {
            scan::top_level(member.value, ["include_usage"])
                .is_ok_and(|[asked]| asked.is_some_and(|member| member.value == b"true"))
        });
        let tells_routes = config.route_headers && config.inline.is_none();
        let told: &[&str] = match (tells_routes, target.is_empty()) {
            (false, _) => &[],
            (true, true) => &[MODEL_HEADER],
            (true, false) => &[MODEL_HEADER, TARGET_HEADER],
        };
        let (kept, stripped) = snapshot(headers, told, config.forward_caller_auth);
        let exchange = Exchange {
            operation: Some(operation),
            wire,
            plain: operation == Operation::Chat && wire.is_plain(body, &model),
            model,
            stream,
            include_usage,
            array,
            foreign: wire.has_foreign(body),
            dry_run: dry.is_some(),
            estimated_input_tokens: estimate::request_tokens(body),
            started_ms: self.started_ms,
            path,
            headers: kept,
            stripped,
            header_count: headers.len().saturating_add(told.len()),
        };
        Ok(Admitted {
            exchange,
            target,
            tells_routes,
        })
    }
}

/// The error for a member of the body.
fn at(name: &str, what: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("`{name}`: {what}")).with_param(name)
}

/// The error for a body over the limit.
pub fn too_large(config: &EdgeConfig) -> Error {
    let limit = config.max_request_bytes;
    let message = format!("The request body is larger than the limit of {limit} bytes");
    Error::new(ErrorKind::TooLarge, message)
}

fn unknown_model(model: &str) -> Error {
    let message = format!("The model `{model}` does not exist or you do not have access to it");
    Error::new(ErrorKind::ModelNotFound, message).with_param("model")
}

/// The path under the scope's prefix, beginning with `/`; `None` outside the scope.
fn in_scope<'h>(config: &EdgeConfig, host: &str, path: &'h str) -> Option<&'h str> {
    if !config.hosts.is_empty() {
        let bare = without_port(host).to_ascii_lowercase();
        config.hosts.iter().find(|pattern| pattern.matches(&bare))?;
    }
    let rest = path.strip_prefix(config.path_prefix.as_str())?;
    rest.starts_with('/').then_some(rest)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// The wire of a client that has not said what it wants.
fn guess_wire(headers: &Headers, path: &str) -> Wire {
    let key = query(path).split('&').any(|pair| pair.starts_with("key="));
    if key || headers.has("x-goog-api-key") || path.starts_with("/v1beta") {
        return Wire::Gemini;
    }
    let anthropic = headers.has("anthropic-version")
        || (headers.has("x-api-key") && !headers.has("authorization"))
        || path.contains("/messages");
    if anthropic {
        Wire::Anthropic
    } else {
        Wire::OpenAi
    }
}

fn refuse(wire: Wire, error: &Error, operation: Option<Operation>) -> Step {
    Step::Reply(LocalReply::error(wire, error), Some(error.kind), operation)
}

fn models(config: &EdgeConfig, wire: Wire) -> Step {
    let list: Vec<(&str, u64)> = config
        .models
        .iter()
        .filter_map(|route| Some((route.name.exact()?, route.created)))
        .collect();
    let body = match wire {
        Wire::Anthropic => anthropic::list::models(&list),
        Wire::Gemini => gemini::list::models(&list),
        _ => openai::list::models(&list),
    };
    Step::Reply(LocalReply::json(200, body), None, Some(Operation::Models))
}

fn model(config: &EdgeConfig, wire: Wire, id: &str) -> Step {
    let created = match config.route(id) {
        Some(route) => route.created,
        None if config.unknown_models == Unknown::Pass => 0,
        None => return refuse(wire, &unknown_model(id), Some(Operation::Model)),
    };
    let body = match wire {
        Wire::Anthropic => anthropic::list::model(id, created),
        Wire::Gemini => gemini::list::model(id, created),
        _ => openai::list::model(id, created),
    };
    Step::Reply(LocalReply::json(200, body), None, Some(Operation::Model))
}

fn json_string(raw: &[u8]) -> Option<String> {
    let value = crate::json::parse(raw).ok()?;
    Some(value.as_str()?.decode().into_owned())
}
