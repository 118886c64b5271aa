use super::{
    Measure, Measuring,
    facts::{Bounded, Facts},
    filling::Filling,
};
use crate::config::Http;
use cel::Value;
use reqwest::{
    Client, Method, RequestBuilder,
    header::{HeaderMap, HeaderValue},
    redirect::Policy,
};
use std::{collections::HashMap, error::Error, sync::LazyLock, time::Instant};

/// Redirects that are followed where they are followed at all.
const MAX_REDIRECTS: usize = 10;

/// One request over HTTP.
pub struct Prober {
    request: RequestBuilder,
}

impl Prober {
    pub fn new(http: &Http, filling: &mut Filling) -> Result<Self, String> {
        let url = filling.fill(&http.url)?;
        let method: Method = http.method.parse().map_err(|_| "the method is not one of HTTP")?;
        let mut request = client(&url, http.follow_redirects)?.request(method, url);
        for (name, value) in &http.headers {
            let mut value = HeaderValue::from_str(&filling.fill(value)?)
                .map_err(|_| format!("the value of the header {name} cannot be sent"))?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        if let Some(body) = &http.body {
            request = request.body(filling.fill(body)?);
        }
        Ok(Self { request })
    }
}

impl Measure for Prober {
    fn measure(&mut self) -> Measuring<'_> {
        Box::pin(async {
            let request = self.request.try_clone().ok_or("the request cannot be repeated")?;
            let started = Instant::now();
            let mut response = request.send().await.map_err(|error| in_words(&error))?;
            let mut body = Bounded::default();
            while let Some(chunk) = response.chunk().await.map_err(|error| in_words(&error))? {
                body.push(&chunk);
                if body.cut {
                    break;
                }
            }
            let mut facts = Facts::after(started.elapsed());
            facts.set("status", i64::from(response.status().as_u16()));
            facts.set("headers", headers(response.headers()));
            facts.set_text_and_json("body", &body);
            Ok(facts)
        })
    }
}

/// Makes a client. A connection is never kept for the next attempt: what answers on an old one
/// may be the process that the deploy has replaced.
fn made(redirects: Policy, only_plain: bool) -> Result<Client, String> {
    // It fails only where another part of this program has chosen the same already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut client = Client::builder()
        .user_agent(concat!("tagout/", env!("CARGO_PKG_VERSION")))
        .redirect(redirects)
        .no_proxy()
        .pool_max_idle_per_host(0);
    if only_plain {
        client = client.tls_certs_only([]);
    }
    client.build().map_err(|error| innermost(&error))
}

/// The client that fits. Plain HTTP has one without certificates: it must also work on a machine
/// that has none, and reading them takes longer than most probes.
fn client(url: &str, follow: bool) -> Result<&'static Client, String> {
    static PLAIN: LazyLock<Result<Client, String>> = LazyLock::new(|| made(Policy::none(), true));
    static SECURE: LazyLock<Result<Client, String>> = LazyLock::new(|| made(Policy::none(), false));
    static FOLLOWING: LazyLock<Result<Client, String>> =
        LazyLock::new(|| made(Policy::limited(MAX_REDIRECTS), false));
    let client = match (follow, url.starts_with("http:")) {
        (true, _) => &*FOLLOWING,
        (false, true) => &*PLAIN,
        (false, false) => &*SECURE,
    };
    client.as_ref().map_err(Clone::clone)
}

/// The headers by their names in small letters; those that come twice joined by a comma.
fn headers(headers: &HeaderMap) -> Value {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let joined = |name| headers.get_all(name).iter().map(text).collect::<Vec<_>>().join(", ");
    headers.keys().map(|name| (name.to_string(), joined(name))).collect::<HashMap<_, _>>().into()
}

/// What went wrong, without the URL: it may hold a secret, and it stands in `tagout.yml`.
fn in_words(error: &reqwest::Error) -> String {
    let cause = innermost(error);
    if error.is_redirect() {
        format!("the server sent over {MAX_REDIRECTS} redirects")
    } else if error.is_connect() {
        format!("no connection: {cause}")
    } else if error.is_body() || error.is_decode() {
        format!("the answer broke off: {cause}")
    } else if error.is_builder() {
        format!("the request cannot be made: {cause}")
    } else {
        format!("no answer: {cause}")
    }
}

fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
