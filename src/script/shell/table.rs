use foldhash::HashMap;
use std::sync::Arc;

/// Named things of a shell. It is cheap to clone, because every branch, pipeline and substitution
/// starts with a copy of all that its shell knows, and changes little of it.
#[derive(Debug)]
pub struct Table<V>(
    /// Nothing as long as nothing was put there: most tables of most shells stay empty.
    Option<Arc<Held<V>>>,
);

type Held<V> = HashMap<String, Arc<V>>;

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self(None)
    }
}

impl<V> Clone for Table<V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<V> Table<V> {
    pub fn get(&self, name: &str) -> Option<&Arc<V>> {
        self.0.as_ref()?.get(name)
    }

    pub fn set(&mut self, name: impl Into<String>, value: V) {
        self.put(name, Some(Arc::new(value)));
    }

    /// Puts back what was there before.
    pub fn put(&mut self, name: impl Into<String>, value: Option<Arc<V>>) {
        let name = name.into();
        match value {
            Some(value) => {
                self.held_mut().insert(name, value);
            }
            None => self.remove(&name),
        }
    }

    pub fn remove(&mut self, name: &str) {
        if self.get(name).is_some() {
            self.held_mut().remove(name);
        }
    }

    fn held_mut(&mut self) -> &mut Held<V> {
        Arc::make_mut(self.0.get_or_insert_default())
    }

    fn held(&self) -> impl Iterator<Item = (&String, &Arc<V>)> {
        self.0.iter().flat_map(|held| held.iter())
    }

    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|held| held.is_empty())
    }

    /// Whether it is a copy of the other that nothing has changed since.
    pub fn is_copy_of(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(ours), Some(theirs)) => Arc::ptr_eq(ours, theirs),
            (None, None) => true,
            _ => false,
        }
    }

    /// The names, in any order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.held().map(|(name, _)| name.as_str())
    }

    /// All by name, in any order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &V)> {
        self.held().map(|(name, value)| (name.as_str(), value.as_ref()))
    }

    /// All by name, in the order of the names.
    pub fn into_sorted(self) -> Vec<(String, Arc<V>)> {
        let mut all: Vec<_> =
            self.held().map(|(name, value)| (name.clone(), Arc::clone(value))).collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    }

    /// Only those that `keep` says.
    pub fn only(&self, keep: impl Fn(&V) -> bool) -> Self {
        let kept = self.held().filter(|(_, value)| keep(value));
        let kept: Held<V> = kept.map(|(name, value)| (name.clone(), Arc::clone(value))).collect();
        Self((!kept.is_empty()).then(|| Arc::new(kept)))
    }

    /// Takes in what `other` has; `both` joins what differs, where one side may have
    /// nothing.
    pub fn join(&mut self, other: &Self, both: impl Fn(Option<&V>, Option<&V>) -> Option<V>) {
        if self.is_copy_of(other) {
            return;
        }
        let differs = |name: &String| match (self.get(name), other.get(name)) {
            (Some(ours), Some(theirs)) => !Arc::ptr_eq(ours, theirs),
            _ => true,
        };
        let ours = self.held().map(|(name, _)| name);
        let theirs = other.held().map(|(name, _)| name).filter(|name| self.get(name).is_none());
        let names: Vec<String> = ours.chain(theirs).filter(|name| differs(name)).cloned().collect();
        for name in names {
            let value = both(self.get(&name).map(Arc::as_ref), other.get(&name).map(Arc::as_ref));
            self.put(name, value.map(Arc::new));
        }
    }

    /// Keeps only what `other` has, too.
    pub fn keep_common(&mut self, other: &Self) {
        if !self.is_copy_of(other) && !self.is_empty() {
            self.held_mut().retain(|name, _| other.get(name).is_some());
        }
    }

    /// Takes in what `other` has, which wins.
    pub fn extend(&mut self, other: &Self) {
        if self.is_copy_of(other) {
            return;
        }
        for (name, theirs) in other.held() {
            if self.get(name).is_none_or(|ours| !Arc::ptr_eq(ours, theirs)) {
                self.held_mut().insert(name.clone(), Arc::clone(theirs));
            }
        }
    }

    /// The names whose values differ.
    pub fn changed<'t>(
        &'t self,
        before: &'t Self,
        same: impl Fn(&V, &V) -> bool + 't,
    ) -> impl Iterator<Item = &'t str> {
        let identical = self.is_copy_of(before);
        self.held()
            .filter(move |_| !identical)
            .filter(move |(name, value)| match before.get(name) {
                Some(held) => !Arc::ptr_eq(held, value) && !same(held, value),
                None => true,
            })
            .map(|(name, _)| name.as_str())
    }
}
