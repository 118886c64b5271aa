use super::{Named, Schema, url_problem};
use crate::config::EnvText;
use serde::Deserialize;

/// Metrics of an endpoint in Prometheus' text format, or of a Prometheus server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    pub url: Option<EnvText>,
    pub select: Option<Named<String>>,
    pub server: Option<EnvText>,
    pub query: Option<Named<EnvText>>,
    #[serde(default)]
    pub headers: indexmap::IndexMap<String, EnvText>,
}

impl Schema for Metrics {
    const SUMMARY: &str =
        "Metrics, from an endpoint in Prometheus' text format or from a Prometheus server";
    const KEYS: &[(&str, &str)] = &[
        ("url", "the endpoint, like `http://127.0.0.1:3000/metrics`, with"),
        (
            "select",
            "a name, with labels if there are several: `queue_depth{queue=\"sync\"}`; or several by name: `{depth: queue_depth, failed: jobs_failed_total}`",
        ),
        ("server", "or a Prometheus server, like `http://127.0.0.1:9090`, with"),
        ("query", "an expression in PromQL, or several by name"),
        ("headers", "a mapping of names to values"),
    ];
    const VARIABLES: &[(&str, &str)] = &[
        ("value", "the value of the only series; an error if there is none, or more than one"),
        ("values", "the same of several, by their names: `values.depth`"),
        (
            "series",
            "all series, a list of maps with `labels` and `value`; an error if there are none",
        ),
        ("found", "how many series there are"),
        ("latency", "how long the answer took, a duration"),
    ];
    const EXAMPLE: &str = "metrics: {url: \"http://127.0.0.1:3000/metrics\", select: queue_depth}";
    const CONDITION: &str = "value < 1000";

    fn fields(&self) -> Vec<(&'static str, Vec<String>)> {
        let select = self.select.as_ref().map(Named::names);
        let query = self.query.as_ref().map(Named::names);
        vec![("values", select.or(query).unwrap_or_default())]
    }

    fn problem(&self) -> Option<String> {
        let problem = match (&self.url, &self.select, &self.server, &self.query) {
            (Some(url), Some(select), None, None) => {
                for (_, selector) in select.iter() {
                    if let Err(problem) = crate::config::Selector::parse(selector) {
                        return Some(problem);
                    }
                }
                return url_problem(url, &["http", "https"])
                    .or_else(|| select.is_empty().then(|| "`select` is empty".to_owned()));
            }
            (None, None, Some(server), Some(query)) => {
                return url_problem(server, &["http", "https"])
                    .or_else(|| query.is_empty().then(|| "`query` is empty".to_owned()));
            }
            _ => "metrics need `url` with `select`, or `server` with `query`",
        };
        Some(problem.to_owned())
    }
}
