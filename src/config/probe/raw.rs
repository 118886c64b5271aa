use super::{
    Kind, PlacedCondition, Probe, Timing,
    checklist::{self, Entry, NEIGHBOURS},
    length::Length,
};
use crate::config::{Condition, ConfigError, load::Located, suggest::listed};
use indexmap::IndexMap;
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess},
};
use serde_saphyr::Spanned;
use std::{fmt, time::Duration};

/// `probes:` as it stands in the file.
pub type RawProbes = IndexMap<Spanned<String>, RawProbe>;
/// `checklists:` as it stands in the file.
pub type RawChecklists = IndexMap<Spanned<String>, Spanned<Vec<Spanned<String>>>>;

/// A probe of which the parts are read, but not yet compared with each other.
#[derive(Clone, Debug)]
pub struct RawProbe {
    kind: Spanned<Kind>,
    expect: Vec<Spanned<String>>,
    timeout: Option<Spanned<Length>>,
    within: Option<Spanned<Length>>,
    every: Option<Spanned<Length>>,
    hold: Option<Spanned<Length>>,
    successes: Option<Spanned<u32>>,
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
            timing: self.timing(file)?,
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

    fn timing(&self, file: Located) -> Result<Timing, ConfigError> {
        let chosen = |given: &Option<Spanned<Length>>, otherwise| {
            given.as_ref().map_or(otherwise, |given| given.value.0)
        };
        let is_process = matches!(self.kind.value, Kind::Process(_));
        let hold = if is_process { Timing::PROCESS_HOLD } else { Timing::DEFAULT.hold };
        let within = chosen(&self.within, Timing::DEFAULT.within);
        let hold = chosen(&self.hold, hold);
        // What was not said gives way to what was.
        let longest = [within, hold].into_iter().filter(|time| !time.is_zero()).min();
        let longest = longest.unwrap_or(Duration::MAX);
        let timing = Timing {
            timeout: chosen(
                &self.timeout,
                if within.is_zero() {
                    Timing::DEFAULT.timeout
                } else {
                    Timing::DEFAULT.timeout.min(within)
                },
            ),
            within,
            every: chosen(&self.every, Timing::DEFAULT.every.min(longest)),
            hold,
            successes: self.successes.as_ref().map_or(1, |given| given.value),
        };
        let wrong = |given: &Option<Spanned<Length>>, message: String| match given {
            Some(given) => Err(file.error(message, &given.referenced)),
            None => Ok(()),
        };
        if timing.timeout.is_zero() {
            wrong(&self.timeout, "the timeout must be longer than nothing".to_owned())?;
        }
        if timing.every.is_zero() {
            wrong(
                &self.every,
                "the pause between attempts must be longer than nothing".to_owned(),
            )?;
        }
        if self.within.is_some() && timing.timeout > within {
            let message = format!(
                "one attempt may take {:?}, but all of them must end within {within:?}",
                timing.timeout
            );
            wrong(&self.timeout, message)?;
        }
        if timing.every > longest {
            let message = format!(
                "with a pause of {:?} there is no second attempt in {longest:?}",
                timing.every
            );
            wrong(&self.every, message)?;
        }
        if is_process && hold.is_zero() {
            let message = "a process must be watched for a while: one look at it cannot tell a \
                           crash loop from health";
            wrong(&self.hold, message.to_owned())?;
        }
        match &self.successes {
            Some(given) if given.value == 0 => {
                Err(file.error("at least one attempt must pass".to_owned(), &given.referenced))
            }
            Some(given) if given.value > 1 && within < timing.every * (given.value - 1) => {
                let needed = timing.every * (given.value - 1);
                let message = format!(
                    "{} attempts with pauses of {:?} need a `within` of at least {needed:?}",
                    given.value, timing.every
                );
                Err(file.error(message, &given.referenced))
            }
            _ => Ok(timing),
        }
    }
}

/// Reads one condition; what is wrong with it is said at its very word in the file.
fn condition(
    written: &Spanned<String>,
    kind: &Kind,
    file: Located,
) -> Result<PlacedCondition, ConfigError> {
    let (line, column) = (written.defined.line() as usize, written.defined.column() as usize);
    match Condition::parse(&written.value, kind.name(), kind.variables()) {
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
        let (mut timeout, mut within, mut every, mut hold) = (None, None, None, None);
        let (mut successes, mut severity) = (None, None);
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            match key.value.as_str() {
                "expect" => expect = Some(map.next_value::<Conditions>()?.0),
                "timeout" => timeout = Some(map.next_value()?),
                "within" => within = Some(map.next_value()?),
                "every" => every = Some(map.next_value()?),
                "hold" => hold = Some(map.next_value()?),
                "successes" => successes = Some(map.next_value()?),
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
        Ok(RawProbe { kind, expect, timeout, within, every, hold, successes, severity })
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
