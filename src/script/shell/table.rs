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
        Arc::make_mut(&mut self.0).insert(name.into(), Arc::new(value));
    }

    pub fn remove(&mut self, name: &str) {
        if self.0.contains_key(name) {
            Arc::make_mut(&mut self.0).remove(name);
        }
    }

    /// Takes in what `other` has; `both` joins what differs.
    pub fn merge(&mut self, other: &Self, both: impl Fn(&V, &Arc<V>) -> Arc<V>) {
        if Arc::ptr_eq(&self.0, &other.0) {
            return;
        }
        for (name, theirs) in other.0.iter() {
            let joined = match self.0.get(name) {
                Some(ours) if Arc::ptr_eq(ours, theirs) => continue,
                Some(ours) => both(ours, theirs),
                None => Arc::clone(theirs),
            };
            Arc::make_mut(&mut self.0).insert(name.clone(), joined);
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
        self.merge(other, |_, theirs| Arc::clone(theirs));
    }
}
