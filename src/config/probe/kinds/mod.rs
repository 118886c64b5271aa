//! The kinds of probes, one file each: what stands in `tagout.yml`, what conditions can ask about,
//! and what is wrong with it before anything is measured. The same words make the pages in `docs/`.

mod command;
mod dns;
mod env;
mod file;
mod host;
mod http;
mod log;
mod metrics;
mod patterns;
mod process;
mod redis;
mod sql;
mod tcp;
mod tls;

pub use command::Command;
pub use dns::{Dns, RecordType};
pub use env::Env;
pub use file::File;
pub use host::Host;
pub use http::Http;
pub use log::{Log, LogSource, Since};
pub use metrics::Metrics;
pub use patterns::{Named, Pattern};
pub use process::{Manager, Process};
pub use redis::Redis;
pub use sql::Sql;
pub use tcp::{Step, Tcp};
pub use tls::{StartTls, Tls, TlsOptions, Verify};

use crate::config::EnvText;

/// What tagout needs to know of a kind to read it.
pub(super) trait Schema: Sized {
    /// A condition to begin with.
    const CONDITION: &str;
    /// What it measures, in a sentence.
    const SUMMARY: &str;
    /// The keys of its long form, each with its meaning.
    const KEYS: &[(&str, &str)];
    /// What its conditions can ask about, each with its meaning.
    const VARIABLES: &[(&str, &str)];
    /// What a probe of it looks like, for messages; its lines are as far in as the key.
    const EXAMPLE: &str;

    /// Its short form: a text.
    fn from_text(_text: EnvText) -> Option<Self> {
        None
    }

    /// Its short form: a list of words.
    fn from_words(_words: Vec<EnvText>) -> Option<Self> {
        None
    }

    /// The fields of variables that have a fixed set of them.
    fn fields(&self) -> Vec<(&'static str, Vec<String>)> {
        Vec::new()
    }

    /// What is wrong with it, beyond its shape.
    fn problem(&self) -> Option<String>;
}

/// What is wrong with an address that does not depend on the environment.
fn address_problem(address: &EnvText) -> Option<String> {
    let written = address.as_written();
    let fits = |(host, port): (&str, &str)| !host.is_empty() && port.parse::<u16>().is_ok();
    let wrong = address.is_constant() && !written.rsplit_once(':').is_some_and(fits);
    wrong.then(|| format!("{written:?} must be a host and a port, like 127.0.0.1:4000"))
}

/// What is wrong with a URL that does not depend on the environment.
fn url_problem(url: &EnvText, schemes: &[&str]) -> Option<String> {
    let written = url.as_written();
    if let Some(problem) = password_problem(url).or_else(|| placeholder_problem(written)) {
        return Some(problem);
    }
    if !url.is_constant() {
        return None;
    }
    match url::Url::parse(written) {
        Ok(parsed) if !schemes.contains(&parsed.scheme()) => {
            let known: Vec<String> = schemes.iter().map(|scheme| format!("{scheme}://")).collect();
            Some(format!("{written:?} must start with {}", known.join(" or ")))
        }
        Ok(_) => None,
        Err(cause) => Some(format!("{written:?} is no URL: {cause}")),
    }
}

/// A password has no place in a file that is committed.
fn password_problem(url: &EnvText) -> Option<String> {
    let (_, rest) = url.as_written().split_once("://")?;
    // A password may hold what ends a URL's authority only if it is escaped.
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    let (_, password) = user.split_once(':')?;
    let is_written = !password.is_empty() && !password.contains("${env:");
    is_written.then(|| {
        "the URL has a password in it; keep it in the environment and write `${env:NAME}`"
            .to_owned()
    })
}

/// What stands for a variable elsewhere means nothing here.
fn placeholder_problem(url: &str) -> Option<String> {
    let mut inside = url.split("${").skip(1).filter(|rest| !rest.starts_with("env:"));
    let name = inside.next()?.split('}').next()?;
    Some(format!("`${{{name}}}` means nothing in a URL; write `${{env:{name}}}`"))
}

/// Owned names, for [`Schema::fields`].
fn fields<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}
