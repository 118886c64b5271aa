use std::{collections::HashMap, sync::Arc};

/// Named things of a shell. It is cheap to clone, because every branch, pipeline and substitution
/// starts with a copy of all that its shell knows, and changes little of it.
#[derive(Debug)]
pub struct Table<V>(Arc<HashMap<String, Arc<V>>>);

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<V> Clone for Table<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<V> Table<V> {
    pub fn get(&self, name: &str) -> Option<&Arc<V>> {
        self.0.get(name)
    }

    pub fn set(&mut self, name: impl Into<String>, value: V) {
        self.put(name, Some(Arc::new(value)));
    }

    /// Puts back what was there before.
    pub fn put(&mut self, name: impl Into<String>, value: Option<Arc<V>>) {
        let name = name.into();
        match value {
            Some(value) => {
                Arc::make_mut(&mut self.0).insert(name, value);
            }
            None => self.remove(&name),
        }
    }

    pub fn remove(&mut self, name: &str) {
        if self.0.contains_key(name) {
            Arc::make_mut(&mut self.0).remove(name);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names, in any order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// All by name, in any order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &V)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_ref()))
    }

    /// All by name, in the order of the names.
    pub fn into_sorted(self) -> Vec<(String, Arc<V>)> {
        let mut all: Vec<_> =
            self.0.iter().map(|(name, value)| (name.clone(), Arc::clone(value))).collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    }

    /// Only those that `keep` says.
    pub fn only(&self, keep: impl Fn(&V) -> bool) -> Self {
        let kept = self.0.iter().filter(|(_, value)| keep(value));
        Self(Arc::new(kept.map(|(name, value)| (name.clone(), Arc::clone(value))).collect()))
    }

    /// Takes in what `other` has; `both` joins what differs, where one side may have
    /// nothing.
    pub fn join(&mut self, other: &Self, both: impl Fn(Option<&V>, Option<&V>) -> Option<V>) {
        if Arc::ptr_eq(&self.0, &other.0) {
            return;
        }
        let differs = |name: &String| match (self.0.get(name), other.0.get(name)) {
            (Some(ours), Some(theirs)) => !Arc::ptr_eq(ours, theirs),
            _ => true,
        };
        let names: Vec<String> = self
            .0
            .keys()
            .chain(other.0.keys().filter(|name| !self.0.contains_key(*name)))
            .filter(|name| differs(name))
            .cloned()
            .collect();
        for name in names {
            let value =
                both(self.0.get(&name).map(Arc::as_ref), other.0.get(&name).map(Arc::as_ref));
            self.put(name, value.map(Arc::new));
        }
    }

    /// Keeps only what `other` has, too.
    pub fn keep_common(&mut self, other: &Self) {
        if !Arc::ptr_eq(&self.0, &other.0) {
            Arc::make_mut(&mut self.0).retain(|name, _| other.0.contains_key(name));
        }
    }

    /// Takes in what `other` has, which wins.
    pub fn extend(&mut self, other: &Self) {
        if Arc::ptr_eq(&self.0, &other.0) {
            return;
        }
        for (name, theirs) in other.0.iter() {
            if self.0.get(name).is_none_or(|ours| !Arc::ptr_eq(ours, theirs)) {
                Arc::make_mut(&mut self.0).insert(name.clone(), Arc::clone(theirs));
            }
        }
    }

    /// The names whose values differ.
    pub fn changed<'t>(
        &'t self,
        before: &'t Self,
        same: impl Fn(&V, &V) -> bool + 't,
    ) -> impl Iterator<Item = &'t str> {
        let identical = Arc::ptr_eq(&self.0, &before.0);
        self.0
            .iter()
            .filter(move |_| !identical)
            .filter(move |(name, value)| match before.0.get(*name) {
                Some(held) => !Arc::ptr_eq(held, value) && !same(held, value),
                None => true,
            })
            .map(|(name, _)| name.as_str())
    }
}
