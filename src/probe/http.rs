use super::{
    Measure, Measuring,
    connection::{self, Background, Phases},
    encryption,
    facts::{Bounded, Facts, duration, map},
    filling::Filling,
};
use crate::config::{EnvText, Http, TlsOptions};
use base64::Engine;
use cel::Value;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, Response, Version,
    body::{Bytes, Incoming},
    client::conn::{http1, http2},
    header::{self, HeaderName, HeaderValue},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ClientConfig;
use std::{
    error::Error,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use url::Url;

/// Redirects that are followed where they are followed at all.
const MAX_REDIRECTS: usize = 10;

/// One request over HTTP. Every attempt has a connection of its own: what answers on an old one
/// may be the process that the deploy has replaced.
pub struct Prober {
    request: Outgoing,
    follow: bool,
    /// How to encrypt; there is none where no address begins with `https`.
    encryption: Option<Arc<ClientConfig>>,
    /// The name to verify, instead of the address's.
    name: Option<String>,
}

#[derive(Clone)]
pub struct Outgoing {
    pub url: Url,
    pub method: Method,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Prober {
    pub fn new(http: &Http, filling: &mut Filling) -> Result<Self, String> {
        let method = http.method.parse().map_err(|_| "the method is not one of HTTP")?;
        let mut headers = HeaderMap::new();
        for (name, value) in &http.headers {
            headers.append(header_name(name)?, header_value(name, &filling.fill(value)?)?);
        }
        let body = match (&http.body, &http.json) {
            (Some(body), _) => filling.fill(body)?,
            (None, Some(json)) => {
                let json_type = HeaderValue::from_static("application/json");
                headers.entry(header::CONTENT_TYPE).or_insert(json_type);
                filled(json.clone(), filling)?.to_string()
            }
            (None, None) => String::new(),
        };
        let url = filling.fill(&http.url)?;
        let request = Outgoing::new(&url, method, headers, body.into())?;
        let is_encrypted = request.url.scheme() == "https" || http.follow_redirects;
        let encryption = is_encrypted.then(|| for_http(&http.tls, &filling.folder));
        // A redirect to https need not come; then nobody misses the certificates.
        let encryption = match encryption {
            Some(Err(reason)) if request.url.scheme() == "https" => return Err(reason),
            Some(Ok(config)) => Some(Arc::new(config)),
            _ => None,
        };
        let name = http.tls.name.as_ref().map(|name| filling.fill(name)).transpose()?;
        Ok(Self { request, follow: http.follow_redirects, encryption, name })
    }
}

/// How to encrypt what HTTP says, also in its second version.
pub fn for_http(options: &TlsOptions, folder: &Path) -> Result<ClientConfig, String> {
    let mut config = encryption::config(options, folder)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

pub fn header_name(name: &str) -> Result<HeaderName, String> {
    name.parse().map_err(|_| format!("{name:?} is no name for a header"))
}

pub fn header_value(name: &str, value: &str) -> Result<HeaderValue, String> {
    let value = HeaderValue::from_str(value);
    value.map_err(|_| format!("the value of the header {name} cannot be sent"))
}

/// A JSON value with the variables in its texts filled in.
fn filled(json: serde_json::Value, filling: &mut Filling) -> Result<serde_json::Value, String> {
    use serde_json::Value as Json;
    Ok(match json {
        Json::String(text) => Json::String(filling.fill(&EnvText::parse(&text)?)?),
        Json::Array(list) => {
            let items = list.into_iter().map(|item| filled(item, filling));
            Json::Array(items.collect::<Result<_, _>>()?)
        }
        Json::Object(object) => {
            let pairs = object.into_iter().map(|(key, value)| Ok((key, filled(value, filling)?)));
            Json::Object(pairs.collect::<Result<_, String>>()?)
        }
        other => other,
    })
}

impl Outgoing {
    pub fn new(
        url: &str,
        method: Method,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> Result<Self, String> {
        let url = Url::parse(url).map_err(|cause| format!("the URL cannot be used: {cause}"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err("the URL must start with http:// or https://".to_owned());
        }
        let agent = HeaderValue::from_static(concat!("tagout/", env!("CARGO_PKG_VERSION")));
        headers.entry(header::USER_AGENT).or_insert(agent);
        headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        if !url.username().is_empty() || url.password().is_some() {
            let user = format!("{}:{}", url.username(), url.password().unwrap_or_default());
            let encoded = base64::engine::general_purpose::STANDARD.encode(user);
            let value = header_value("authorization", &format!("Basic {encoded}"))?;
            headers.entry(header::AUTHORIZATION).or_insert(value);
        }
        Ok(Self { url, method, headers, body })
    }

    /// What to ask next where an answer says that it is elsewhere.
    fn redirected(&self, status: u16, location: &str) -> Result<Self, String> {
        let url = self.url.join(location);
        let url = url.map_err(|_| "the server redirects to what is no URL".to_owned())?;
        let mut next = self.clone();
        let asks_again = matches!(status, 307 | 308) || self.method == Method::HEAD;
        if !asks_again && self.method != Method::GET {
            next.method = Method::GET;
            next.body = Bytes::new();
            next.headers.remove(header::CONTENT_TYPE);
        }
        if url.origin() != self.url.origin() {
            // They were meant for somebody else.
            for name in [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION] {
                next.headers.remove(name);
            }
        }
        next.url = url;
        Ok(next)
    }
}

/// An answer, and how long each part of it took.
pub struct Answer {
    pub status: u16,
    version: Version,
    headers: HeaderMap,
    pub body: Bounded,
    phases: Phases,
    first_byte: Duration,
    transfer: Duration,
}

impl Measure for Prober {
    fn measure(&mut self) -> Measuring<'_> {
        Box::pin(async {
            let started = Instant::now();
            let mut redirects = 0;
            let mut request = self.request.clone();
            let answer = loop {
                let (encryption, name) = (self.encryption.as_ref(), self.name.as_deref());
                let answer = ask(&request, encryption, name, Bounded::default()).await?;
                let location = answer.headers.get(header::LOCATION);
                let location = location.and_then(|value| value.to_str().ok());
                match location {
                    Some(location)
                        if self.follow && matches!(answer.status, 301 | 302 | 303 | 307 | 308) =>
                    {
                        if redirects == MAX_REDIRECTS {
                            return Err(format!("the server sent over {MAX_REDIRECTS} redirects"));
                        }
                        redirects += 1;
                        request = request.redirected(answer.status, location)?;
                    }
                    _ => break answer,
                }
            };
            let mut facts = Facts::after(started.elapsed());
            facts.set("status", i64::from(answer.status));
            facts.set("headers", headers(&answer.headers));
            facts.set_text_and_json("body", &answer.body);
            facts.set("redirects", redirects as i64);
            facts.set("version", format!("{:?}", answer.version));
            facts.set("phases", phases(&answer));
            Ok(facts)
        })
    }
}

fn phases(answer: &Answer) -> Value {
    let mut phases = vec![
        ("dns", duration(answer.phases.dns)),
        ("connect", duration(answer.phases.connect)),
        ("first_byte", duration(answer.first_byte)),
        ("transfer", duration(answer.transfer)),
    ];
    phases.extend(answer.phases.tls.map(|tls| ("tls", duration(tls))));
    map(phases)
}

/// Asks once, on a new connection, and reads the answer as far as there is room in `body`.
pub async fn ask(
    request: &Outgoing,
    encryption: Option<&Arc<ClientConfig>>,
    name: Option<&str>,
    mut body: Bounded,
) -> Result<Answer, String> {
    let host = request.url.host_str().unwrap_or_default();
    let port = request.url.port_or_known_default().unwrap_or(80);
    let (stream, mut phases) = connection::connect(host, port).await?;
    let (response, asked, _driver) = if request.url.scheme() == "https" {
        let config =
            encryption.ok_or("the redirect leads to https, and no authority is trusted")?;
        let name = name.unwrap_or(host);
        let (stream, took) = connection::encrypt(stream, name, Arc::clone(config)).await?;
        phases.tls = Some(took);
        let is_second = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        send(request, stream, is_second).await?
    } else {
        send(request, stream, false).await?
    };
    let first_byte = asked.elapsed();
    let (parts, mut incoming) = response.into_parts();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|e| format!("the answer broke off: {}", innermost(&e)))?;
        if let Some(data) = frame.data_ref() {
            body.push(data);
        }
        if body.cut {
            break;
        }
    }
    Ok(Answer {
        status: parts.status.as_u16(),
        version: parts.version,
        headers: parts.headers,
        body,
        phases,
        first_byte,
        transfer: asked.elapsed() - first_byte,
    })
}

/// Sends the request over a connection; with when it was sent, and what drives the connection.
async fn send<S>(
    request: &Outgoing,
    stream: S,
    is_second: bool,
) -> Result<(Response<Incoming>, Instant, Background), String>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let io = TokioIo::new(stream);
    let broken = |error: hyper::Error| format!("no answer: {}", innermost(&error));
    let message = request.message(is_second)?;
    let asked = Instant::now();
    let (response, driver) = if is_second {
        let (mut sender, connection) =
            http2::handshake(TokioExecutor::new(), io).await.map_err(broken)?;
        let driver = Background::spawn(async { drop(connection.await) });
        (sender.send_request(message).await, driver)
    } else {
        let (mut sender, connection) = http1::handshake(io).await.map_err(broken)?;
        let driver = Background::spawn(async { drop(connection.await) });
        (sender.send_request(message).await, driver)
    };
    Ok((response.map_err(broken)?, asked, driver))
}

impl Outgoing {
    fn message(&self, is_second: bool) -> Result<Request<Full<Bytes>>, String> {
        let authority = &self.url[url::Position::BeforeHost..url::Position::AfterPort];
        let path = &self.url[url::Position::BeforePath..url::Position::AfterQuery];
        let target = match is_second {
            true => format!("https://{authority}{path}"),
            false => path.to_owned(),
        };
        let mut message = Request::builder().method(self.method.clone()).uri(target);
        if let Some(headers) = message.headers_mut() {
            *headers = self.headers.clone();
            if !is_second {
                let host = header_value("host", authority)?;
                headers.entry(header::HOST).or_insert(host);
            }
        }
        let message = message.body(Full::new(self.body.clone()));
        message.map_err(|cause| format!("the request cannot be made: {cause}"))
    }
}

/// The headers by their names in small letters; those that come twice joined by a comma.
fn headers(headers: &HeaderMap) -> Value {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let joined = |name| headers.get_all(name).iter().map(text).collect::<Vec<_>>().join(", ");
    map(headers.keys().map(|name| (name.to_string(), Value::from(joined(name)))))
}

fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
