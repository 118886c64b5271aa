use super::{Key, Process};
use std::collections::BTreeMap;

/// A process then and now. At least one of the two is there.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    pub before: Option<&'a Process>,
    pub after: Option<&'a Process>,
}

/// Finds each process of one list in another. A process that has no counterpart of its own
/// key is paired with one of the same name, if one is left over: a PM2 name is taken over, not
/// shared, when somebody starts it in another namespace.
pub fn pairs<'a>(
    before: impl IntoIterator<Item = &'a Process>,
    after: impl IntoIterator<Item = &'a Process>,
) -> Vec<Pair<'a>> {
    let mut left: BTreeMap<&Key, Vec<&Process>> = BTreeMap::new();
    for process in after {
        left.entry(&process.key).or_default().push(process);
    }
    for same in left.values_mut() {
        // So that `pop` gives the lowest number first.
        same.sort_by_key(|process| std::cmp::Reverse(process.id));
    }
    let mut pairs: Vec<Pair<'a>> = before
        .into_iter()
        .map(|process| {
            let after = left.get_mut(&process.key).and_then(Vec::pop);
            Pair { before: Some(process), after }
        })
        .collect();

    let mut left: Vec<&Process> = left.into_values().flatten().collect();
    for pair in &mut pairs {
        let (Some(before), None) = (pair.before, pair.after) else { continue };
        let namesake = |after: &&Process| {
            after.key.manager == before.key.manager && after.key.name == before.key.name
        };
        if let Some(at) = left.iter().position(namesake) {
            pair.after = Some(left.remove(at));
        }
    }
    pairs.extend(left.into_iter().map(|process| Pair { before: None, after: Some(process) }));
    pairs
}
