use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, de};
use std::fmt;

/// A regular expression.
#[derive(Clone, Debug)]
pub struct Pattern(pub regex::Regex);

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        if written.is_empty() {
            return Err(de::Error::custom("an empty pattern matches everything"));
        }
        // What is wrong stands on the last line; the lines above show where.
        regex::Regex::new(&written).map(Self).map_err(|error| {
            let error = error.to_string();
            let reason = error.lines().last().unwrap_or_default().trim();
            let reason = reason.strip_prefix("error: ").unwrap_or(reason).to_owned();
            de::Error::custom(format!("{written:?} is no regular expression: {reason}"))
        })
    }
}

/// One of something, or several by name.
#[derive(Clone, Debug)]
pub enum Named<T> {
    One(T),
    Several(IndexMap<String, T>),
}

impl<T> Named<T> {
    /// The names, if they have any.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::One(_) => Vec::new(),
            Self::Several(named) => named.keys().cloned().collect(),
        }
    }

    /// All of them; one that has no name has an empty one.
    pub fn iter(&self) -> Box<dyn Iterator<Item = (&str, &T)> + '_> {
        match self {
            Self::One(one) => Box::new(std::iter::once(("", one))),
            Self::Several(named) => Box::new(named.iter().map(|(name, one)| (name.as_str(), one))),
        }
    }

    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Several(named) if named.is_empty())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NamedVisitor(std::marker::PhantomData))
    }
}

struct NamedVisitor<T>(std::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de>> de::Visitor<'de> for NamedVisitor<T> {
    type Value = Named<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("one, or a mapping of names to several")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        T::deserialize(de::value::StrDeserializer::new(text)).map(Named::One)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        T::deserialize(de::value::SeqAccessDeserializer::new(list)).map(Named::One)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut named = IndexMap::new();
        while let Some((name, one)) = map.next_entry()? {
            named.insert(name, one);
        }
        Ok(Named::Several(named))
    }
}
