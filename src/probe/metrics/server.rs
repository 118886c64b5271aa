use super::Series;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Where a server answers a query.
pub fn url(server: &str, query: &str) -> Result<String, String> {
    let mut url = url::Url::parse(server).map_err(|_| "the server's URL cannot be used")?;
    let path = format!("{}/api/v1/query", url.path().trim_end_matches('/'));
    url.set_path(&path);
    url.query_pairs_mut().append_pair("query", query);
    Ok(url.into())
}

#[derive(Deserialize)]
struct Answer {
    status: String,
    error: Option<String>,
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "resultType")]
    kind: String,
    result: Value,
}

#[derive(Deserialize)]
struct Sample {
    metric: BTreeMap<String, String>,
    value: (f64, String),
}

/// The series of a server's answer.
pub fn series(bytes: &[u8]) -> Result<Vec<Series>, String> {
    let foreign = |cause| format!("this is not the answer of a Prometheus server: {cause}");
    let answer: Answer = serde_json::from_slice(bytes).map_err(foreign)?;
    let data = match (answer.status.as_str(), answer.data) {
        ("success", Some(data)) => data,
        _ => return Err(format!("the server refuses: {}", answer.error.unwrap_or_default())),
    };
    let number = |text: &str| text.parse().map_err(|_| format!("{text:?} is no number"));
    match data.kind.as_str() {
        "vector" => {
            let samples: Vec<Sample> = serde_json::from_value(data.result).map_err(foreign)?;
            let series = samples.into_iter().map(|sample| {
                Ok(Series { labels: sample.metric, value: number(&sample.value.1)? })
            });
            series.collect()
        }
        "scalar" => {
            let (_, value): (f64, String) = serde_json::from_value(data.result).map_err(foreign)?;
            Ok(vec![Series { labels: BTreeMap::new(), value: number(&value)? }])
        }
        other => Err(format!("the query gives a {other}; ask for one moment")),
    }
}
