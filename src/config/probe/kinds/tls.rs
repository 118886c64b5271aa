use super::{Schema, address_problem};
use crate::config::EnvText;
use serde::Deserialize;
use std::path::PathBuf;

/// How an encrypted connection is made, and who is trusted on it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsOptions {
    /// Certificates to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// The name to ask for and to verify, instead of the address's.
    pub name: Option<EnvText>,
    /// What to identify with.
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
    #[serde(default = "yes")]
    pub verify: Verify,
}

/// Whether the other side must prove who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "bool")]
pub struct Verify(pub bool);

impl From<bool> for Verify {
    fn from(verify: bool) -> Self {
        Self(verify)
    }
}

impl Default for Verify {
    fn default() -> Self {
        yes()
    }
}

fn yes() -> Verify {
    Verify(true)
}

impl TlsOptions {
    pub(super) fn problem(&self) -> Option<String> {
        if self.cert.is_some() != self.key.is_some() {
            return Some("`cert` and `key` belong together; one is missing".to_owned());
        }
        let both = self.ca.is_some() && !self.verify.0;
        both.then(|| "with `verify: false` the file `ca` is not used; drop one".to_owned())
    }
}

/// The certificate that a server shows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// `host:port`
    pub address: EnvText,
    pub name: Option<EnvText>,
    pub ca: Option<PathBuf>,
    pub starttls: Option<StartTls>,
}

/// How a plain connection becomes an encrypted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StartTls {
    Smtp,
    Postgres,
}

impl Schema for Tls {
    const SUMMARY: &str = "The certificate that a server shows, whether it is trusted or not";
    const KEYS: &[(&str, &str)] = &[
        ("address", "`host:port`; the short form is just this"),
        ("name", "the name to ask for and to verify; the host, if not said otherwise"),
        ("ca", "a file of certificates to trust instead of the system's"),
        ("starttls", "`smtp` or `postgres`: ask in plain words for encryption first"),
    ];
    const VARIABLES: &[(&str, &str)] = &[
        (
            "expires_in",
            "how long the certificate is still valid, a duration; below zero if it is not",
        ),
        ("expires", "when it expires, a time"),
        (
            "trusted",
            "whether it leads to an authority that is trusted, is valid now and is of this name",
        ),
        ("names", "the names that it is for, a list"),
        ("subject", "whose it is"),
        ("issuer", "who issued it"),
        ("version", "the version of TLS, like `TLSv1.3`"),
        ("handshake_time", "how long agreeing on the encryption took, a duration"),
        ("latency", "how long all of it took, a duration"),
    ];
    const EXAMPLE: &str = "tls: example.com:443";
    const CONDITION: &str = "trusted && expires_in > duration(\"336h\")";

    fn from_text(address: EnvText) -> Option<Self> {
        Some(Self { address, name: None, ca: None, starttls: None })
    }

    fn problem(&self) -> Option<String> {
        address_problem(&self.address)
    }
}
