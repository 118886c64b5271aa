use super::{Schema, TlsOptions, fields, url_problem};
use crate::config::EnvText;
use indexmap::IndexMap;
use serde::Deserialize;

/// A request over HTTP.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub url: EnvText,
    #[serde(default = "get")]
    pub method: String,
    #[serde(default)]
    pub headers: IndexMap<String, EnvText>,
    pub body: Option<EnvText>,
    pub json: Option<serde_json::Value>,
    /// Off unless asked for: a redirect to a page that answers 200 is not an answer of 200.
    #[serde(default)]
    pub follow_redirects: bool,
    #[serde(default)]
    pub tls: TlsOptions,
}

fn get() -> String {
    "GET".to_owned()
}

impl Schema for Http {
    const SUMMARY: &str = "One request over HTTP or HTTPS, on a connection of its own";
    const KEYS: &[(&str, &str)] = &[
        ("url", "where to; the short form is just this"),
        ("method", "`GET`, if not said otherwise"),
        ("headers", "a mapping of names to values"),
        ("body", "a text to send"),
        ("json", "what to send as JSON, instead of `body`; `${env:NAME}` works in its texts"),
        ("follow_redirects", "`true` to follow up to ten; `false`, if not said otherwise"),
        (
            "tls",
            "a mapping: `ca`, a file of certificates to trust instead of the system's; `name`, the name to ask for and to verify; `cert` and `key`, files to identify with; `verify: false` to trust anybody",
        ),
    ];
    const VARIABLES: &[(&str, &str)] = &[
        ("status", "the status code, a number"),
        ("headers", "a map of the answer's headers, their names in lower case"),
        ("body", "the answer as text; longer than 1 MiB is an error"),
        ("json", "the answer as JSON"),
        ("latency", "the time from looking the name up to the last byte received, a duration"),
        (
            "phases",
            "what `latency` was spent on: `dns`, `connect`, `tls`, `first_byte` (from the request to the first byte of the answer) and `transfer`; of the last request, if redirects were followed",
        ),
        ("redirects", "how many redirects were followed"),
        ("version", "the version of HTTP, like `HTTP/1.1`"),
    ];
    const EXAMPLE: &str = "http: http://127.0.0.1:3000/health";
    const CONDITION: &str = "status == 200";

    fn from_text(url: EnvText) -> Option<Self> {
        Some(Self {
            url,
            method: get(),
            headers: IndexMap::new(),
            body: None,
            json: None,
            follow_redirects: false,
            tls: TlsOptions::default(),
        })
    }

    fn fields(&self) -> Vec<(&'static str, Vec<String>)> {
        vec![("phases", fields(["dns", "connect", "tls", "first_byte", "transfer"]))]
    }

    fn problem(&self) -> Option<String> {
        if let Err(cause) = self.method.parse::<hyper::Method>() {
            return Some(format!("{:?} is no HTTP method: {cause}", self.method));
        }
        for name in self.headers.keys() {
            if name.parse::<hyper::header::HeaderName>().is_err() {
                return Some(format!("{name:?} is no name for a header"));
            }
        }
        if self.body.is_some() && self.json.is_some() {
            return Some("there are `body` and `json`; a request has one of them".to_owned());
        }
        let texts = self.json.iter().flat_map(texts_of);
        let wrong = texts.filter_map(|text| EnvText::parse(text).err()).next();
        wrong.or_else(|| self.tls.problem()).or_else(|| url_problem(&self.url, &["http", "https"]))
    }
}

/// All texts of a JSON value.
fn texts_of(json: &serde_json::Value) -> Vec<&str> {
    use serde_json::Value::{Array, Object, String};
    match json {
        String(text) => vec![text],
        Array(list) => list.iter().flat_map(texts_of).collect(),
        Object(object) => object.values().flat_map(texts_of).collect(),
        _ => Vec::new(),
    }
}
