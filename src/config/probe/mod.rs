//! `probes:` and `checklists:`. In come mappings, each with one key that names its kind; out go
//! [`Probe`]s whose conditions were read, whose times fit together, and whose checklists name
//! only what exists.

mod checklist;
mod kinds;
mod length;
pub(super) use length::Length;
mod raw;
mod timing;

pub use checklist::{BuiltIn, Entry, Manual};
pub use kinds::{
    Command, Dns, Env, File, Host, Http, Log, LogSource, Manager, Metrics, Named, Pattern, Process,
    RecordType, Redis, Since, Sql, StartTls, Step, Tcp, Tls, TlsOptions, Verify,
};
pub(super) use raw::{RawChecklists, RawProbes};
pub use timing::Timing;

use super::{Condition, Config, ConfigError, EnvText, Names, load::Located};
use kinds::Schema;
use serde::de::{self, Deserialize, MapAccess};

/// One measurement, and what must hold of it.
#[derive(Clone, Debug)]
pub struct Probe {
    pub name: String,
    pub kind: Kind,
    /// All of them must hold; there is at least one, here or in `warn`.
    pub expect: Vec<PlacedCondition>,
    /// Where one does not hold, that is worth a look and no failure.
    pub warn: Vec<PlacedCondition>,
    pub timing: Timing,
    /// How an attempt is made of several measurements, if it is.
    pub sample: Option<Sample>,
    /// The probes that must have ended before.
    pub after: Vec<String>,
    /// How bad it is when it does not hold; one of [`super::Config::severities`].
    pub severity: String,
}

/// A series of measurements that is judged as a whole.
#[derive(Clone, Debug)]
pub struct Sample {
    pub count: u32,
    /// From the start of one to the start of the next.
    pub every: std::time::Duration,
    /// What is kept of each.
    pub value: PlacedCondition,
}

/// A condition, with where `tagout.yml` has it.
#[derive(Clone, Debug)]
pub struct PlacedCondition {
    pub condition: Condition,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// How many characters it takes there.
    pub width: usize,
    /// The whole line.
    pub source_line: String,
}

impl Probe {
    /// All conditions, and what is kept of a series.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let sampled = self.sample.iter().map(|sample| &sample.value);
        self.expect.iter().chain(&self.warn).chain(sampled).map(|placed| &placed.condition)
    }

    /// The names of what has to be measured at the snapshot, to compare with.
    pub fn remembers(&self) -> Vec<&'static str> {
        let mut names: Vec<_> =
            self.conditions().flat_map(|condition| condition.before.iter().copied()).collect();
        if let Kind::Log(Log { since: Some(Since::Deploy), .. }) = &self.kind {
            names.push(Log::POSITION);
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Config {
    /// Turns what was read into what is used, or says what does not fit together.
    pub(super) fn settle(&mut self, file: Located) -> Result<(), ConfigError> {
        (self.probes, self.checklists) =
            raw::settle(&self.raw_probes, &self.raw_checklists, &self.severities, file)?;
        let triage = self.raw_triage.iter().map(|raw| raw.settle(self, file));
        self.triage = triage.collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Everything that a checklist can name, and the checklists.
    pub(super) fn names_of_checks(&self) -> Vec<String> {
        let entries = self.checklists.values().flatten().map(|entry| entry.name().to_owned());
        let mut names: Vec<String> = self.checklists.keys().cloned().chain(entries).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Declares the kinds: the key in `tagout.yml`, the variant, and its schema in `kinds`.
macro_rules! kinds {
    ($($key:literal => $variant:ident),* $(,)?) => {
        /// What a probe measures.
        #[derive(Clone, Debug)]
        pub enum Kind { $($variant($variant)),* }

        impl Kind {
            /// The keys, one of which every probe has.
            const KEYS: &[&str] = &[$($key),*];
            /// All keys of a probe.
            const FIELDS: &[&str] = &[
                $($key,)*
                "expect", "warn", "timeout", "within", "every", "hold", "successes", "sample",
                "after", "severity",
            ];
            /// What probes look like, for messages.
            const EXAMPLES: &[&str] = &[$($variant::EXAMPLE),*];

            /// Its key.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $key),* }
            }

            /// What its conditions can ask about.
            fn names(&self, sampled: bool) -> Names {
                let variables = match self { $(Self::$variant(_) => $variant::VARIABLES),* };
                let fields = match self { $(Self::$variant(kind) => kind.fields()),* };
                let name = self.name();
                let vowel = name.starts_with(['a', 'e', 'i', 'o', 'u']);
                let article = if vowel || matches!(name, "http") { "an" } else { "a" };
                Names {
                    subject: format!("{article} {name} probe"),
                    variables: variables.iter().map(|(name, _)| *name).collect(),
                    fields,
                    sampled,
                }
            }

            /// Every kind, for its page.
            pub fn descriptions() -> Vec<Description> {
                vec![$(Description {
                    name: $key,
                    summary: $variant::SUMMARY,
                    example: $variant::EXAMPLE,
                    condition: $variant::CONDITION,
                    keys: $variant::KEYS,
                    variables: $variant::VARIABLES,
                }),*]
            }

            fn problem(&self) -> Option<String> {
                match self { $(Self::$variant(kind) => kind.problem()),* }
            }

            /// Reads the value of `key`, if that is the key of a kind.
            fn read<'de, A: MapAccess<'de>>(
                key: &str,
                map: &mut A,
            ) -> Result<Option<Self>, A::Error> {
                match key {
                    $($key => Ok(Some(Self::$variant(map.next_value::<ShortOr<$variant>>()?.0))),)*
                    _ => Ok(None),
                }
            }
        }
    };
}

kinds! {
    "http" => Http,
    "tcp" => Tcp,
    "tls" => Tls,
    "dns" => Dns,
    "sql" => Sql,
    "redis" => Redis,
    "process" => Process,
    "log" => Log,
    "metrics" => Metrics,
    "host" => Host,
    "file" => File,
    "env" => Env,
    "command" => Command,
}

/// What people need to know of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    pub name: &'static str,
    /// What it measures, in a sentence.
    pub summary: &'static str,
    pub example: &'static str,
    pub condition: &'static str,
    /// The keys of its long form, each with its meaning.
    pub keys: &'static [(&'static str, &'static str)],
    /// What conditions can ask about, each with its meaning.
    pub variables: &'static [(&'static str, &'static str)],
}

/// A kind in its short form (a text or a list of words), or as a whole mapping.
struct ShortOr<T>(T);

impl<'de, T: Schema + Deserialize<'de>> Deserialize<'de> for ShortOr<T> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShortOrVisitor(std::marker::PhantomData)).map(Self)
    }
}

struct ShortOrVisitor<T>(std::marker::PhantomData<T>);

impl<'de, T: Schema + Deserialize<'de>> de::Visitor<'de> for ShortOrVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "something like `{}`, or a mapping", T::EXAMPLE)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        let text = EnvText::parse(text).map_err(E::custom)?;
        let unexpected = text.as_written().to_owned();
        T::from_text(text).ok_or_else(|| E::invalid_type(de::Unexpected::Str(&unexpected), &self))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<T, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element()? {
            words.push(word);
        }
        T::from_words(words).ok_or_else(|| de::Error::invalid_type(de::Unexpected::Seq, &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(de::value::MapAccessDeserializer::new(map))
    }
}
