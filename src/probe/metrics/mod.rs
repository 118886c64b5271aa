//! Metrics, as an endpoint shows them or a Prometheus server answers. In come selectors or
//! queries, out goes a list of series for each; `text` reads the format of endpoints, `server` the
//! answers of servers.

mod server;
mod text;

use super::{
    Measure, Measuring, encryption,
    facts::{Bounded, Facts, list, map},
    filling::Filling,
    http::{self, Outgoing},
};
use crate::config::{Metrics, Named, Selector, TlsOptions};
use cel::Value;
use hyper::{HeaderMap, Method, body::Bytes};
use rustls::ClientConfig;
use std::{collections::BTreeMap, sync::Arc, time::Instant};

/// How long what an endpoint shows may be.
const LIMIT: usize = 16 << 20;

/// One look at metrics.
pub struct Prober {
    url: String,
    headers: HeaderMap,
    encryption: Option<Arc<ClientConfig>>,
    wanted: Vec<(String, Wanted)>,
    is_single: bool,
}

enum Wanted {
    Selected(Selector),
    Answer(String),
}

/// One series, with its value now.
#[derive(Clone)]
struct Series {
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Prober {
    pub fn new(metrics: &Metrics, filling: &mut Filling) -> Result<Self, String> {
        let url = metrics.url.as_ref().or(metrics.server.as_ref()).ok_or("there is no URL")?;
        let url = filling.fill(url)?;
        filling.hide_password_of(&url);
        let mut headers = HeaderMap::new();
        for (name, value) in &metrics.headers {
            let value = http::header_value(name, &filling.fill(value)?)?;
            headers.append(http::header_name(name)?, value);
        }
        let mut wanted = Vec::new();
        for (name, selector) in metrics.select.iter().flat_map(Named::iter) {
            wanted.push((name.to_owned(), Wanted::Selected(Selector::parse(selector)?)));
        }
        for (name, query) in metrics.query.iter().flat_map(Named::iter) {
            wanted.push((name.to_owned(), Wanted::Answer(filling.fill(query)?)));
        }
        let encryption = match url.starts_with("https:") {
            true => Some(Arc::new(encryption::config(&TlsOptions::default(), &filling.folder)?)),
            false => None,
        };
        let is_single = matches!(metrics.select, Some(Named::One(_)))
            || matches!(metrics.query, Some(Named::One(_)));
        Ok(Self { url, headers, encryption, wanted, is_single })
    }

    async fn get(&self, url: &str) -> Result<Vec<u8>, String> {
        let request = Outgoing::new(url, Method::GET, self.headers.clone(), Bytes::new())?;
        let body = Bounded::up_to(LIMIT);
        let answer = http::ask(&request, self.encryption.as_ref(), None, body).await?;
        if answer.body.cut {
            return Err("the answer is longer than 16 MiB".to_owned());
        }
        // A server says in the body what is wrong with a query.
        if answer.status != 200
            && !self.wanted.iter().any(|(_, it)| matches!(it, Wanted::Answer(_)))
        {
            return Err(format!("the answer has the status {}", answer.status));
        }
        Ok(answer.body.bytes)
    }
}

impl Measure for Prober {
    fn measure(&mut self) -> Measuring<'_> {
        Box::pin(async {
            let started = Instant::now();
            let mut shown = None;
            let mut found = Vec::new();
            for (name, wanted) in &self.wanted {
                let series = match wanted {
                    Wanted::Answer(query) => {
                        let url = server::url(&self.url, query)?;
                        server::series(&self.get(&url).await?)?
                    }
                    Wanted::Selected(selector) => {
                        if shown.is_none() {
                            shown = Some(text::parse(&self.get(&self.url).await?)?);
                        }
                        let all = shown.iter().flatten();
                        let meant = all.filter(|(name, one)| selector.matches(name, &one.labels));
                        meant.map(|(_, one)| one.clone()).collect()
                    }
                };
                found.push((name.clone(), series));
            }
            Ok(facts(found, self.is_single, started.elapsed()))
        })
    }
}

fn facts(
    found: Vec<(String, Vec<Series>)>,
    is_single: bool,
    latency: std::time::Duration,
) -> Facts {
    let mut facts = Facts::after(latency);
    let all = found.iter().map(|(_, series)| series.len()).sum::<usize>();
    facts.set("found", all as i64);
    if let (true, [(_, series)]) = (is_single, found.as_slice()) {
        match only(series) {
            Ok(value) => facts.set("value", value),
            Err(reason) => facts.set_absent("value", reason),
        }
        if series.is_empty() {
            facts.set_absent("series", NONE);
        } else {
            facts.set("series", list(series.iter().map(shown)));
        }
        facts.set_absent("values", "there is one, and it has no name; write `value`");
        return facts;
    }
    // What has no value is missing among them, and the note says why.
    let mut missing = Vec::new();
    let values = found.iter().filter_map(|(name, series)| match only(series) {
        Ok(value) => Some((name.clone(), Value::Float(value))),
        Err(reason) => {
            missing.push(format!("{name}: {reason}"));
            None
        }
    });
    facts.set("values", map(values.collect::<Vec<_>>()));
    facts.note = (!missing.is_empty()).then(|| missing.join("; "));
    facts.set_absent("value", "there are several; write `values.NAME`");
    facts.set_absent("series", "there are several; write `values.NAME`");
    facts
}

const NONE: &str = "there is no such series";

fn only(series: &[Series]) -> Result<f64, String> {
    match series {
        [] => Err(NONE.to_owned()),
        [one] => Ok(one.value),
        many => Err(format!("there are {} series; choose one by its labels", many.len())),
    }
}

fn shown(series: &Series) -> Value {
    let labels = series.labels.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
    map([("labels", map(labels)), ("value", Value::Float(series.value))])
}
