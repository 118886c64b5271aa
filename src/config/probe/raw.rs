use super::{
    Kind, PlacedCondition, Probe, Sample,
    checklist::{self, BuiltIn, Entry, Manual},
    length::Length,
    timing::{RawTiming, Timing},
};
use crate::config::{
    Condition, ConfigError, Names,
    load::Located,
    suggest::{did_you_mean, listed},
};
use indexmap::IndexMap;
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess},
};
use serde_saphyr::Spanned;
use std::fmt;

/// `probes:` as it stands in the file.
pub type RawProbes = IndexMap<Spanned<String>, RawProbe>;
/// `checklists:` as it stands in the file.
pub type RawChecklists = IndexMap<Spanned<String>, Spanned<Vec<Spanned<RawEntry>>>>;

/// An entry of a checklist as it stands in the file.
#[derive(Clone, Debug)]
pub enum RawEntry {
    /// Of a probe, of another checklist, or of what is built in.
    Name(String),
    Manual(Box<RawManual>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawManual {
    name: Spanned<String>,
    confirm: Spanned<String>,
    severity: Option<Spanned<String>>,
    #[serde(default)]
    required: bool,
}

impl RawManual {
    pub fn settle(&self, severities: &[String], file: Located) -> Result<Manual, ConfigError> {
        let empty = [&self.name, &self.confirm].into_iter().find(|it| it.value.trim().is_empty());
        if let Some(empty) = empty {
            let message = "a question for a person needs a name and a text".to_owned();
            return Err(file.error(message, &empty.referenced));
        }
        if BuiltIn::named(&self.name.value).is_some() {
            let message = format!("a question cannot have the name {:?}", self.name.value);
            return Err(file.error(message, &self.name.referenced));
        }
        Ok(Manual {
            name: self.name.value.clone(),
            confirm: self.confirm.value.trim().to_owned(),
            severity: severity(self.severity.as_ref(), severities, file)?,
            required: self.required,
        })
    }
}

impl<'de> Deserialize<'de> for RawEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> de::Visitor<'de> for EntryVisitor {
    type Value = RawEntry;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("the name of a probe or checklist, or `{name: NAME, confirm: TEXT}`")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<RawEntry, E> {
        Ok(RawEntry::Name(name.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawEntry, A::Error> {
        let manual = RawManual::deserialize(de::value::MapAccessDeserializer::new(map))?;
        Ok(RawEntry::Manual(Box::new(manual)))
    }
}

/// A probe of which the parts are read, but not yet compared with each other.
#[derive(Clone, Debug)]
pub struct RawProbe {
    kind: Spanned<Kind>,
    expect: Vec<Spanned<String>>,
    warn: Vec<Spanned<String>>,
    timing: RawTiming,
    sample: Option<Spanned<RawSample>>,
    after: Vec<Spanned<String>>,
    severity: Option<Spanned<String>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSample {
    count: Spanned<u32>,
    every: Spanned<Length>,
    value: Spanned<String>,
}

/// More would be a monitoring system.
const MOST_SAMPLES: u32 = 1000;

type Probes = IndexMap<String, Probe>;
type Checklists = IndexMap<String, Vec<Entry>>;

/// Compares everything with everything.
pub fn settle(
    probes: &RawProbes,
    checklists: &RawChecklists,
    severities: &[String],
    file: Located,
) -> Result<(Probes, Checklists), ConfigError> {
    if severities.is_empty() {
        let message = "`severities` is empty; leave it out, or name them, the worst first";
        return Err(file.error_at(message.to_owned(), None));
    }
    let mut settled = IndexMap::new();
    for (name, raw) in probes {
        if BuiltIn::named(&name.value).is_some() || name.value.trim().is_empty() {
            let message = format!("a probe cannot have the name {:?}", name.value);
            return Err(file.error(message, &name.referenced));
        }
        let probe = raw.settle(&name.value, severities, file)?;
        settled.insert(name.value.clone(), probe);
    }
    check_order(probes, file)?;
    let checklists = checklist::resolve(checklists, &settled, severities, file)?;
    Ok((settled, checklists))
}

/// Sees that every `after` names a probe, and that none waits for itself.
fn check_order(probes: &RawProbes, file: Located) -> Result<(), ConfigError> {
    let waits_for = |name: &str| {
        let raw = probes.iter().find(|(known, _)| known.value == name).map(|(_, raw)| raw);
        raw.into_iter().flat_map(|raw| &raw.after)
    };
    for (name, raw) in probes {
        for first in &raw.after {
            let known = || probes.keys().map(|known| known.value.as_str());
            if !known().any(|known| known == first.value) {
                let hint = did_you_mean(&first.value, known());
                let message = format!("there is no probe {:?} to wait for{hint}", first.value);
                return Err(file.error(message, &first.referenced));
            }
            let mut reached = vec![first.value.as_str()];
            let mut next = 0;
            while let Some(one) = reached.get(next).copied() {
                if one == name.value {
                    let message = format!("{:?} would wait for itself", name.value);
                    return Err(file.error(message, &first.referenced));
                }
                for further in waits_for(one) {
                    if !reached.contains(&further.value.as_str()) {
                        reached.push(&further.value);
                    }
                }
                next += 1;
            }
        }
    }
    Ok(())
}

/// The severity that is written; without one, the second of the scale: bad, and not the worst.
fn severity(
    written: Option<&Spanned<String>>,
    scale: &[String],
    file: Located,
) -> Result<String, ConfigError> {
    let Some(severity) = written else {
        return Ok(scale.get(1).or(scale.first()).cloned().unwrap_or_default());
    };
    if scale.contains(&severity.value) {
        return Ok(severity.value.clone());
    }
    let known = scale.iter().map(String::as_str);
    let message = format!("{:?} is no severity; they are {}", severity.value, listed(known));
    Err(file.error(message, &severity.referenced))
}

impl RawProbe {
    fn settle(
        &self,
        name: &str,
        severities: &[String],
        file: Located,
    ) -> Result<Probe, ConfigError> {
        let kind = &self.kind.value;
        if let Some(problem) = kind.problem() {
            return Err(file.error(problem, &self.kind.referenced));
        }
        let names = kind.names(self.sample.is_some());
        let read = |written: &[Spanned<String>]| -> Result<Vec<_>, _> {
            written.iter().map(|written| condition(written, &names, file)).collect()
        };
        let timing = self.timing.settle(matches!(kind, Kind::Process(_)), file)?;
        Ok(Probe {
            name: name.to_owned(),
            expect: read(&self.expect)?,
            warn: read(&self.warn)?,
            sample: self
                .sample
                .as_ref()
                .map(|raw| raw.value.settle(kind, &timing, file))
                .transpose()?,
            timing,
            after: self.after.iter().map(|name| name.value.clone()).collect(),
            severity: severity(self.severity.as_ref(), severities, file)?,
            kind: kind.clone(),
        })
    }
}

impl RawSample {
    fn settle(&self, kind: &Kind, timing: &Timing, file: Located) -> Result<Sample, ConfigError> {
        let (count, every) = (self.count.value, self.every.value.0);
        if !(2..=MOST_SAMPLES).contains(&count) {
            let message = format!("a series has 2 to {MOST_SAMPLES} measurements, not {count}");
            return Err(file.error(message, &self.count.referenced));
        }
        if every.is_zero() {
            let message = "a pause between two measurements is needed".to_owned();
            return Err(file.error(message, &self.every.referenced));
        }
        let lasts = every * (count - 1);
        if !timing.within.is_zero() && lasts > timing.within {
            let message = format!(
                "{count} measurements, one every {every:?}, take {lasts:?}, but all must end within {:?}",
                timing.within
            );
            return Err(file.error(message, &self.every.referenced));
        }
        Ok(Sample { count, every, value: condition(&self.value, &kind.names(false), file)? })
    }
}

/// Reads one condition; what is wrong with it is said at its very word in the file.
fn condition(
    written: &Spanned<String>,
    names: &Names,
    file: Located,
) -> Result<PlacedCondition, ConfigError> {
    let (line, column) = (written.defined.line() as usize, written.defined.column() as usize);
    match Condition::parse(&written.value, names) {
        Ok(condition) => {
            let source_line = file.text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
            let room = source_line.chars().count().saturating_sub(column.saturating_sub(1));
            let width = written.value.chars().count().min(room).max(1);
            let source_line = source_line.to_owned();
            Ok(PlacedCondition { condition, line, column, width, source_line })
        }
        Err(misfit) => {
            let word = file.part_of_scalar(&written.defined, &written.value, misfit.at);
            Err(file.error_at(misfit.message, word))
        }
    }
}

impl<'de> Deserialize<'de> for RawProbe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ProbeVisitor)
    }
}

struct ProbeVisitor;

impl<'de> de::Visitor<'de> for ProbeVisitor {
    type Value = RawProbe;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a probe: a mapping with its kind, like `http: URL`, and with `expect`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawProbe, A::Error> {
        let (mut kind, mut expect): (Option<(Spanned<String>, Kind)>, _) = (None, None);
        let (mut timing, mut severity) = (RawTiming::default(), None);
        let (mut warn, mut sample, mut after) = (None, None, Vec::new());
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            match key.value.as_str() {
                "expect" => expect = Some(map.next_value::<Conditions>()?.0),
                "warn" => warn = Some(map.next_value::<Conditions>()?.0),
                "sample" => sample = Some(map.next_value()?),
                "after" => after = map.next_value::<Vec<Spanned<String>>>()?,
                "timeout" => timing.timeout = Some(map.next_value()?),
                "within" => timing.within = Some(map.next_value()?),
                "every" => timing.every = Some(map.next_value()?),
                "hold" => timing.hold = Some(map.next_value()?),
                "successes" => timing.successes = Some(map.next_value()?),
                "severity" => severity = Some(map.next_value()?),
                name => match (Kind::read(name, &mut map)?, &kind) {
                    (Some(_), Some((first, _))) => {
                        return Err(de::Error::custom(format!(
                            "a probe measures one thing, and this one has `{}` and `{name}`; \
                             make it two probes",
                            first.value
                        )));
                    }
                    (Some(read), None) => kind = Some((key, read)),
                    (None, _) => return Err(de::Error::unknown_field(name, Kind::FIELDS)),
                },
            }
        }
        let Some((key, kind)) = kind else {
            return Err(de::Error::custom(format!(
                "the probe does not say what to measure; it needs one of {}, like `{}`",
                listed(Kind::KEYS.iter().copied()),
                Kind::EXAMPLES[0]
            )));
        };
        if expect.is_none() && warn.is_none() {
            return Err(de::Error::custom(
                "`expect` is missing: a probe without a condition would pass whatever it measures",
            ));
        }
        let (expect, warn) = (expect.unwrap_or_default(), warn.unwrap_or_default());
        let kind = Spanned::new(kind, key.referenced, key.defined);
        Ok(RawProbe { kind, expect, warn, timing, sample, after, severity })
    }
}

const EMPTY: &str =
    "`expect` is empty: a probe without a condition would pass whatever it measures";

/// `expect`: one condition or a list of them.
struct Conditions(Vec<Spanned<String>>);

impl<'de> Deserialize<'de> for Conditions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The outer `Spanned` gives a lone condition its place.
        let read = Spanned::<OneOrMany>::deserialize(deserializer)?;
        match read.value {
            OneOrMany::One(text) => {
                Ok(Self(vec![Spanned::new(text, read.referenced, read.defined)]))
            }
            OneOrMany::Many(list) if list.is_empty() => Err(de::Error::custom(EMPTY)),
            OneOrMany::Many(list) => Ok(Self(list.into_iter().map(|one| one.0).collect())),
        }
    }
}

enum OneOrMany {
    One(String),
    Many(Vec<OneCondition>),
}

/// One entry of a list of conditions.
struct OneCondition(Spanned<String>);

impl<'de> Deserialize<'de> for OneCondition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Spanned::<OneOrMany>::deserialize(deserializer)?;
        match read.value {
            OneOrMany::One(text) => Ok(Self(Spanned::new(text, read.referenced, read.defined))),
            OneOrMany::Many(_) => {
                Err(de::Error::invalid_type(de::Unexpected::Seq, &"one condition as text"))
            }
        }
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor)
    }
}

struct OneOrManyVisitor;

impl<'de> de::Visitor<'de> for OneOrManyVisitor {
    type Value = OneOrMany;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a condition as text, like `status == 200`, or a list of conditions")
    }

    fn visit_unit<E: de::Error>(self) -> Result<OneOrMany, E> {
        Err(E::custom(EMPTY))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMany, E> {
        Ok(OneOrMany::One(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = list.next_element()? {
            all.push(one);
        }
        Ok(OneOrMany::Many(all))
    }
}
