use super::{
    Kind, PlacedCondition, Probe,
    checklist::{self, Entry, NEIGHBOURS},
    timing::RawTiming,
};
use crate::config::{Condition, ConfigError, load::Located, suggest::listed};
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
pub type RawChecklists = IndexMap<Spanned<String>, Spanned<Vec<Spanned<String>>>>;

/// A probe of which the parts are read, but not yet compared with each other.
#[derive(Clone, Debug)]
pub struct RawProbe {
    kind: Spanned<Kind>,
    expect: Vec<Spanned<String>>,
    timing: RawTiming,
    severity: Option<Spanned<String>>,
}

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
        if name.value == NEIGHBOURS || name.value.trim().is_empty() {
            let message = format!("a probe cannot have the name {:?}", name.value);
            return Err(file.error(message, &name.referenced));
        }
        let probe = raw.settle(&name.value, severities, file)?;
        settled.insert(name.value.clone(), probe);
    }
    let checklists = checklist::resolve(checklists, &settled, file)?;
    Ok((settled, checklists))
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
        let expect = self.expect.iter().map(|written| condition(written, kind, file));
        Ok(Probe {
            name: name.to_owned(),
            expect: expect.collect::<Result<_, _>>()?,
            timing: self.timing.settle(matches!(kind, Kind::Process(_)), file)?,
            severity: self.severity(severities, file)?,
            kind: kind.clone(),
        })
    }

    /// The probe's severity; without one, the second of the scale: bad, and not the worst.
    fn severity(&self, scale: &[String], file: Located) -> Result<String, ConfigError> {
        let Some(severity) = &self.severity else {
            return Ok(scale.get(1).or(scale.first()).cloned().unwrap_or_default());
        };
        if scale.contains(&severity.value) {
            return Ok(severity.value.clone());
        }
        let known = scale.iter().map(String::as_str);
        let message = format!("{:?} is no severity; they are {}", severity.value, listed(known));
        Err(file.error(message, &severity.referenced))
    }
}

/// Reads one condition; what is wrong with it is said at its very word in the file.
fn condition(
    written: &Spanned<String>,
    kind: &Kind,
    file: Located,
) -> Result<PlacedCondition, ConfigError> {
    let (line, column) = (written.defined.line() as usize, written.defined.column() as usize);
    match Condition::parse(&written.value, kind.name(), &kind.variables()) {
        Ok(condition) => Ok(PlacedCondition { condition, line, column }),
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
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            match key.value.as_str() {
                "expect" => expect = Some(map.next_value::<Conditions>()?.0),
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
        let Some(expect) = expect else {
            return Err(de::Error::custom(
                "`expect` is missing: a probe without a condition would pass whatever it measures",
            ));
        };
        let kind = Spanned::new(kind, key.referenced, key.defined);
        Ok(RawProbe { kind, expect, timing, severity })
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
