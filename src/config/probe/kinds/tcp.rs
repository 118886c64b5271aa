use super::{Pattern, Schema, address_problem};
use crate::config::EnvText;
use serde::Deserialize;

/// A connection over TCP and, where something is sent or `reply` is asked for, what comes back.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tcp {
    /// `host:port`
    pub address: EnvText,
    /// What to send first.
    pub send: Option<EnvText>,
    /// A whole conversation.
    pub talk: Option<Vec<Step>>,
}

/// One step of a conversation.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Reads until this matches what came since the last `send`.
    Wait(Pattern),
    Send(EnvText),
}

impl Schema for Tcp {
    const SUMMARY: &str = "A connection over TCP, and what comes back on it";
    const KEYS: &[(&str, &str)] = &[
        ("address", "`host:port`; the short form is just this"),
        ("send", "a text to send first"),
        (
            "talk",
            "instead of `send` a whole conversation, a list of steps: `wait: PATTERN` reads until the regular expression matches what came since the last `send`, `send: TEXT` sends",
        ),
    ];
    const VARIABLES: &[(&str, &str)] = &[
        ("connected", "whether somebody listens there"),
        ("connect_time", "how long connecting took, a duration"),
        ("latency", "how long all of it took, a duration"),
        (
            "reply",
            "what came back, as text: its first line, or with `talk` all since the last `send`; it is waited for only if a condition asks for it",
        ),
    ];
    const EXAMPLE: &str = "tcp: 127.0.0.1:4000";
    const CONDITION: &str = "connected";

    fn from_text(address: EnvText) -> Option<Self> {
        Some(Self { address, send: None, talk: None })
    }

    fn problem(&self) -> Option<String> {
        if self.send.is_some() && self.talk.is_some() {
            return Some("there are `send` and `talk`; write one of them".to_owned());
        }
        if self.talk.as_ref().is_some_and(Vec::is_empty) {
            return Some("`talk` has no steps".to_owned());
        }
        address_problem(&self.address)
    }
}
