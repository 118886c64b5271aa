use super::{
    facts::Bounded,
    http::{self, Outgoing},
};
use hyper::{HeaderMap, Method, body::Bytes};
use std::time::Duration;
use tokio::{runtime, task::JoinSet, time::timeout};

/// How long a page may take that nobody has asked for before.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a page said when it was looked at once.
#[derive(Clone, Debug)]
pub struct Page {
    pub url: String,
    pub status: u16,
    pub json: Option<serde_json::Value>,
}

/// Looks at pages over plain HTTP, all at once; those that do not answer are left out.
pub fn answering(urls: &[String]) -> std::io::Result<Vec<Page>> {
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    let pages = runtime.block_on(async {
        let mut looking = JoinSet::new();
        for (place, url) in urls.iter().cloned().enumerate() {
            looking
                .spawn(async move { (place, timeout(PATIENCE, look(url)).await.ok().flatten()) });
        }
        looking.join_all().await
    });
    runtime.shutdown_background();
    let mut pages: Vec<_> =
        pages.into_iter().filter_map(|(place, page)| Some((place, page?))).collect();
    pages.sort_by_key(|(place, _)| *place);
    Ok(pages.into_iter().map(|(_, page)| page).collect())
}

async fn look(url: String) -> Option<Page> {
    let request = Outgoing::new(&url, Method::GET, HeaderMap::new(), Bytes::new()).ok()?;
    let answer = http::ask(&request, None, None, Bounded::default()).await.ok()?;
    let json = serde_json::from_slice(&answer.body.bytes).ok();
    Some(Page { url, status: answer.status, json })
}
