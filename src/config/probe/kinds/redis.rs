use super::{Named, Schema, url_problem};
use crate::config::EnvText;
use serde::Deserialize;

/// Questions to Redis.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    pub url: EnvText,
    #[serde(default = "ping")]
    pub run: Named<Vec<EnvText>>,
}

fn ping() -> Named<Vec<EnvText>> {
    Named::One(EnvText::parse("PING").into_iter().collect())
}

/// Commands that change nothing and do not keep the server busy for long. Those that stand here
/// with a second word are known by both.
const READING: &[&str] = &[
    "BITCOUNT",
    "CLUSTER INFO",
    "CLUSTER NODES",
    "DBSIZE",
    "ECHO",
    "EXISTS",
    "EXPIRETIME",
    "GET",
    "GETRANGE",
    "HEXISTS",
    "HGET",
    "HLEN",
    "HMGET",
    "HSTRLEN",
    "INFO",
    "LASTSAVE",
    "LATENCY LATEST",
    "LINDEX",
    "LLEN",
    "LRANGE",
    "MEMORY USAGE",
    "MGET",
    "OBJECT ENCODING",
    "OBJECT IDLETIME",
    "PEXPIRETIME",
    "PFCOUNT",
    "PING",
    "PTTL",
    "ROLE",
    "SCARD",
    "SISMEMBER",
    "SLOWLOG LEN",
    "STRLEN",
    "TIME",
    "TTL",
    "TYPE",
    "XINFO CONSUMERS",
    "XINFO GROUPS",
    "XINFO STREAM",
    "XLEN",
    "XPENDING",
    "XRANGE",
    "XREVRANGE",
    "ZCARD",
    "ZCOUNT",
    "ZRANGE",
    "ZRANGEBYSCORE",
    "ZSCORE",
];

/// Whether a command is one of those that only read.
fn is_reading(words: &[&str]) -> bool {
    let upper: Vec<String> = words.iter().take(2).map(|word| word.to_uppercase()).collect();
    READING.iter().any(|known| match known.split_once(' ') {
        Some((first, second)) => {
            upper.first().is_some_and(|w| w == first) && upper.get(1).is_some_and(|w| w == second)
        }
        None => upper.first().is_some_and(|word| word == known),
    })
}

impl Schema for Redis {
    const SUMMARY: &str = "Questions to a Redis server, by commands that only read";
    const KEYS: &[(&str, &str)] = &[
        (
            "url",
            "`redis://127.0.0.1:6379/0`, `rediss://` with encryption; the short form is just this",
        ),
        (
            "run",
            "a command as a list of words, like `[XLEN, orders]`; or several by name: `{ping: [PING], backlog: [XLEN, orders]}`; `[PING]`, if not said otherwise",
        ),
    ];
    const VARIABLES: &[(&str, &str)] = &[
        ("reply", "the reply to the only command; that of `INFO` is a map: `reply.used_memory`"),
        ("replies", "the replies to several by their names: `replies.backlog`"),
        ("connect_time", "how long connecting took, a duration"),
        ("latency", "how long all of it took, a duration"),
    ];
    const EXAMPLE: &str = "redis: redis://127.0.0.1:6379";
    const CONDITION: &str = "reply == \"PONG\"";

    fn from_text(url: EnvText) -> Option<Self> {
        Some(Self { url, run: ping() })
    }

    fn fields(&self) -> Vec<(&'static str, Vec<String>)> {
        vec![("replies", self.run.names())]
    }

    fn problem(&self) -> Option<String> {
        if self.run.is_empty() {
            return Some("`run` has no command".to_owned());
        }
        for (_, words) in self.run.iter() {
            let words: Vec<&str> = words.iter().map(EnvText::as_written).collect();
            if !is_reading(&words) {
                let known = READING.join(", ");
                let written = words.join(" ");
                return Some(format!("a probe only reads, and `{written}` is not one of {known}"));
            }
        }
        url_problem(&self.url, &["redis", "rediss", "unix", "redis+unix"])
    }
}
