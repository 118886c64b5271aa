use super::Schema;
use crate::config::EnvText;
use serde::Deserialize;

/// A name that is looked up.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dns {
    pub name: EnvText,
    #[serde(default, rename = "type")]
    pub record: RecordType,
    /// `address` or `address:port` of the server to ask.
    pub server: Option<EnvText>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordType {
    #[default]
    A,
    Aaaa,
    Caa,
    Cname,
    Mx,
    Ns,
    Ptr,
    Soa,
    Srv,
    Txt,
}

impl Schema for Dns {
    const SUMMARY: &str = "A name that is looked up in the DNS, without the caches of this host";
    const KEYS: &[(&str, &str)] = &[
        ("name", "the name; the short form is just this"),
        (
            "type",
            "`A`, if not said otherwise; `AAAA`, `CAA`, `CNAME`, `MX`, `NS`, `PTR`, `SOA`, `SRV`, `TXT`",
        ),
        ("server", "the address of the server to ask, with or without a port; else the system's"),
    ];
    const VARIABLES: &[(&str, &str)] = &[
        ("found", "whether there is such a record"),
        ("records", "what they say, a list of texts in alphabetical order"),
        ("ttl", "how long the shortest of them may be remembered, a duration"),
        ("latency", "how long the answer took, a duration"),
    ];
    const EXAMPLE: &str = "dns: example.com";
    const CONDITION: &str = "\"203.0.113.7\" in records";

    fn from_text(name: EnvText) -> Option<Self> {
        Some(Self { name, record: RecordType::default(), server: None })
    }

    fn problem(&self) -> Option<String> {
        self.name.as_written().is_empty().then(|| "the name is empty".to_owned())
    }
}
