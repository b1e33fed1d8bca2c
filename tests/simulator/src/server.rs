//! The server: sockets, routing by path, and answers told step by step.

use crate::journal::{Entry, Journal};
use crate::script::{Script, Step};
use crate::{anthropic, bedrock, claude, gemini, openai};
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::Value;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

type Body = StreamBody<Pin<Box<dyn Stream<Item = io::Result<Frame<Bytes>>> + Send>>>;

/// Serves until a signal comes.
pub async fn run(arguments: &[String]) -> io::Result<()> {
    let journal = Arc::new(Journal::default());
    let mut tls = None;
    let mut rest = arguments.iter();
    let mut any = false;
    while let Some(flag) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| usage(flag));
        match flag.as_str() {
            "--listen" => {
                listen(value()?, None, &journal).await?;
                any = true;
            }
            "--tls" => tls = Some(acceptor(value()?, value()?)?),
            "--tls-listen" => {
                listen(value()?, tls.clone(), &journal).await?;
                any = true;
            }
            _ => return Err(usage(flag)),
        }
    }
    if !any {
        return Err(usage("--listen"));
    }
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        result = tokio::signal::ctrl_c() => result,
    }
}

fn usage(flag: &str) -> io::Error {
    io::Error::other(format!(
        "{flag}: usage: --listen ADDR … [--tls CERT KEY --tls-listen ADDR]"
    ))
}

fn acceptor(cert: &str, key: &str) -> io::Result<TlsAcceptor> {
    let certs = rustls_pemfile::certs(&mut io::BufReader::new(std::fs::File::open(cert)?))
        .collect::<Result<Vec<_>, _>>()?;
    let key = rustls_pemfile::private_key(&mut io::BufReader::new(std::fs::File::open(key)?))?;
    let key = key.ok_or_else(|| io::Error::other("no private key in the file"))?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certs, key)
        .map_err(io::Error::other)?;
    let mut config = config;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn listen(address: &str, tls: Option<TlsAcceptor>, journal: &Arc<Journal>) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    println!(
        "{}",
        serde_json::json!({"listen": listener.local_addr()?.to_string(), "tls": tls.is_some()})
    );
    let journal = journal.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let _ = socket.set_nodelay(true);
            let (journal, tls) = (journal.clone(), tls.clone());
            tokio::spawn(async move {
                let service =
                    hyper::service::service_fn(move |request| serve(request, journal.clone()));
                let builder = auto::Builder::new(TokioExecutor::new());
                match tls {
                    Some(tls) => {
                        if let Ok(socket) = tls.accept(socket).await {
                            let _ = builder
                                .serve_connection(TokioIo::new(socket), service)
                                .await;
                        }
                    }
                    None => {
                        let _ = builder
                            .serve_connection(TokioIo::new(socket), service)
                            .await;
                    }
                }
            });
        }
    });
    Ok(())
}

async fn serve(request: Request<Incoming>, journal: Arc<Journal>) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let path = head
        .uri
        .path_and_query()
        .map_or("/", |path| path.as_str())
        .to_owned();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    match (head.method.as_str(), path.as_str()) {
        ("GET", "/__sim/requests") => return Ok(told(json(journal.requests()), None)),
        ("GET", "/__sim/totals") => return Ok(told(json(journal.totals()), None)),
        ("DELETE", "/__sim/requests") => {
            journal.clear();
            return Ok(told(json(Value::Bool(true)), None));
        }
        _ => {}
    }
    let text =
        |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: Vec<(String, String)> = head
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect();
    let asked = Asked::new(&path, &headers, &body);
    let script = asked.script();
    let entry = Entry {
        wire: asked.wire,
        method: head.method.to_string(),
        version: format!("{:?}", head.version),
        headers,
        body: body.to_vec(),
        model: asked.model.clone(),
        claim: script.claim,
        path,
        ..Entry::default()
    };
    let number = journal.enter(entry);
    let ending = Ending {
        journal,
        number,
        completed: false,
    };
    if script.stall > 0 {
        tokio::time::sleep(Duration::from_millis(script.stall)).await;
    }
    if script.die_before {
        // An error of the service closes the connection.
        return Err(io::Error::other("told to die"));
    }
    Ok(told(script, Some(ending)))
}

fn json(value: Value) -> Script {
    Script::whole(200, "application/json", value.to_string().into_bytes())
}

/// Tells the journal how an answer ended, also when its connection went away.
struct Ending {
    journal: Arc<Journal>,
    number: u64,
    completed: bool,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.journal.end(self.number, self.completed);
    }
}

fn told(script: Script, ending: Option<Ending>) -> Response<Body> {
    let mut response = Response::builder().status(script.status);
    for (name, value) in &script.headers {
        response = response.header(*name, value);
    }
    if let Some(length) = script.length() {
        response = response.header("content-length", length);
    }
    let steps = script.steps.into_iter();
    let stream = stream::unfold((steps, ending), |(mut steps, mut ending)| async move {
        loop {
            let item = match steps.next() {
                None => {
                    if let Some(ending) = &mut ending {
                        ending.completed = true;
                    }
                    return None;
                }
                Some(Step::Wait(0)) => {
                    // What was written goes out as a write of its own.
                    tokio::task::yield_now().await;
                    continue;
                }
                Some(Step::Wait(millis)) => {
                    tokio::time::sleep(Duration::from_millis(millis)).await;
                    continue;
                }
                Some(Step::Write(bytes)) => {
                    // A body of known length is not asked for more once it is whole.
                    if let Some(ending) = ending.as_mut().filter(|_| steps.len() == 0) {
                        ending.completed = true;
                    }
                    Ok(Frame::data(bytes))
                }
                Some(Step::Die) => Err(io::Error::other("told to die")),
            };
            return Some((item, (steps, ending)));
        }
    });
    let body: Body = StreamBody::new(Box::pin(stream));
    response
        .body(body)
        .unwrap_or_else(|_| Response::new(StreamBody::new(Box::pin(stream::empty()))))
}

/// A request, read as far as routing needs.
struct Asked {
    wire: &'static str,
    model: String,
    body: Value,
    path: String,
    query: String,
    key: String,
    versioned: bool,
    google: Option<gemini::Asked>,
    /// The key in Google's own header, and the bearer's token.
    google_auth: (Option<String>, Option<String>),
    flavored: bool,
}

impl Asked {
    fn new(path: &str, headers: &[(String, String)], body: &[u8]) -> Self {
        let header = |name: &str| {
            headers
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        };
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let deployment = path
            .strip_prefix("/openai/deployments/")
            .and_then(|rest| rest.split('/').next());
        let google = gemini::asked(path);
        let bedrock = path
            .strip_prefix("/model/")
            .and_then(|rest| rest.split('/').next());
        let wire = if google.is_some() {
            "gemini"
        } else if path.starts_with("/openai/") {
            "azure"
        } else if claude::model(path).is_some() {
            "anthropic"
        } else if bedrock.is_some() {
            "bedrock"
        } else if path.ends_with("/messages") {
            "anthropic"
        } else {
            "openai"
        };
        let bearer =
            header("authorization").map(|value| value.trim_start_matches("Bearer ").to_owned());
        let named = google.as_ref().map(|asked| asked.model.as_str());
        Asked {
            wire,
            model: deployment
                .or_else(|| claude::model(path).filter(|model| !model.is_empty()))
                .or(named)
                .or(bedrock)
                .map(decoded)
                .or_else(|| body["model"].as_str().map(str::to_owned))
                .unwrap_or_default(),
            body,
            path: path.to_owned(),
            query: query.to_owned(),
            key: header("api-key")
                .or_else(|| header("x-api-key"))
                .or_else(|| bearer.clone())
                .unwrap_or_default(),
            google_auth: (header("x-goog-api-key"), bearer),
            google,
            flavored: header("metadata-flavor").is_some(),
            versioned: header("anthropic-version").is_some(),
        }
    }

    fn script(&self) -> Script {
        if let Some(script) = gemini::metadata(&self.path, self.flavored) {
            return script;
        }
        if let Some(asked) = &self.google {
            let (key, token) = &self.google_auth;
            return gemini::refused(asked, key.as_deref(), token.as_deref())
                .unwrap_or_else(|| gemini::answer(asked, &self.model, &self.query, &self.body));
        }
        let unknown = self.key.is_empty() || self.key.starts_with("bad");
        if let Some(script) = claude::answer(&self.path, &self.body, &self.model, !unknown) {
            return script;
        }
        if self.wire == "bedrock" {
            if unknown {
                let message = "The security token included in the request is invalid.";
                return bedrock::error(403, "UnrecognizedClientException", message);
            }
            return match self.path.rsplit('/').next() {
                Some("converse") => bedrock::converse(&self.body, &self.model, false),
                Some("converse-stream") => bedrock::converse(&self.body, &self.model, true),
                _ => bedrock::error(404, "UnknownOperationException", "no such operation"),
            };
        }
        if self.wire == "anthropic" {
            if unknown {
                let body = anthropic::error("authentication_error", "invalid x-api-key")
                    .to_string()
                    .into_bytes();
                return Script::whole(401, "application/json", body);
            }
            if !self.versioned {
                let body = anthropic::error(
                    "invalid_request_error",
                    "anthropic-version: header is required",
                )
                .to_string()
                .into_bytes();
                return Script::whole(400, "application/json", body);
            }
            return anthropic::messages(&self.body, &self.model);
        }
        if unknown {
            return openai::error(
                401,
                "Incorrect API key provided.",
                "invalid_request_error",
                Some("invalid_api_key"),
            );
        }
        let classic = self.path.starts_with("/openai/deployments/");
        if classic && !self.query.contains("api-version=") {
            return openai::error(
                404,
                "Resource not found",
                "invalid_request_error",
                Some("404"),
            );
        }
        if self.path.ends_with("/chat/completions") {
            openai::chat(&self.body, &self.model, self.wire == "azure")
        } else if self.path.ends_with("/completions") {
            openai::completions(&self.body, &self.model)
        } else if self.path.ends_with("/embeddings") {
            openai::embeddings(&self.model)
        } else {
            // Other services of a mesh: what reached them goes back as it came.
            Script::whole(200, "application/json", self.body.to_string().into_bytes())
        }
    }
}

/// Undoes percent-encoding.
fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'%', [high, low, after @ ..]) => {
                let digits = [*high, *low];
                let byte = std::str::from_utf8(&digits)
                    .ok()
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok());
                out.push(byte.unwrap_or(b'?'));
                rest = after;
            }
            _ => out.push(*first),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
