//! Mappings as the runner sees them: `<<` merged, and of duplicate keys the last.

use super::{Kind, Node, NodeId};
use indexmap::IndexMap;
use std::collections::HashSet;

const MERGE_KEY: &str = "<<";

impl<'y> Node<'y> {
    fn own_entries(self) -> impl DoubleEndedIterator<Item = (Node<'y>, Node<'y>)> {
        let entries = match &self.content().kind {
            Kind::Mapping(entries) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().map(move |(key, value)| (self.sibling(*key), self.sibling(*value)))
    }
}

pub(super) fn find<'y>(
    mapping: Node<'y>,
    fits: &impl Fn(&str) -> bool,
) -> Option<(Node<'y>, Node<'y>)> {
    let mut merges = mapping.is_sequence();
    for (key, value) in mapping.own_entries().rev() {
        match key.as_str() {
            Some(name) if fits(name) => return Some((key, value)),
            Some(MERGE_KEY) => merges = true,
            _ => {}
        }
    }
    let fitting = |(key, _): &(Node<'y>, Node<'y>)| key.as_str().is_some_and(fits);
    let merged = match merges {
        true => merged(mapping),
        false => Vec::new(),
    };
    merged.into_iter().find_map(|mapping| mapping.own_entries().rev().find(fitting))
}

pub(super) fn find_all<'y, const N: usize>(
    mapping: Node<'y>,
    names: [&str; N],
) -> [Option<(Node<'y>, Node<'y>)>; N] {
    let mut found = [None; N];
    let mut merges = mapping.is_sequence();
    for (key, value) in mapping.own_entries() {
        let Some(name) = key.as_str() else { continue };
        match names.iter().position(|known| *known == name) {
            Some(at) => found[at] = Some((key, value)),
            None => merges |= name == MERGE_KEY,
        }
    }
    if merges {
        return names.map(|wanted| find(mapping, &|name| name == wanted));
    }
    found
}

pub(super) fn entries(mapping: Node<'_>) -> Vec<(Node<'_>, Node<'_>)> {
    if let Some(plain) = plain_entries(mapping) {
        return plain;
    }
    let mut found = own_by_name(mapping);
    for (name, entry) in merged(mapping).into_iter().flat_map(own_by_name) {
        found.entry(name).or_insert(entry);
    }
    found.into_values().collect()
}

/// In the order of the file; of a key that stands twice the last counts.
fn own_by_name(mapping: Node<'_>) -> IndexMap<&str, (Node<'_>, Node<'_>)> {
    let named = mapping.own_entries().filter_map(|entry| Some((entry.0.as_str()?, entry)));
    named.filter(|(name, _)| *name != MERGE_KEY).collect()
}

/// So many keys are compared faster than hashed.
const FEW: usize = 16;

/// The entries of a mapping that merges nothing and has no key twice, as far as that is told soon.
fn plain_entries(mapping: Node<'_>) -> Option<Vec<(Node<'_>, Node<'_>)>> {
    let own: Vec<_> =
        mapping.own_entries().filter(|(key, _)| key.as_str().is_some()).take(FEW + 1).collect();
    let is_first =
        |at: usize, name: &str| own[..at].iter().all(|(other, _)| other.as_str() != Some(name));
    let is_plain = !mapping.is_sequence()
        && own.len() <= FEW
        && own.iter().enumerate().all(|(at, (key, _))| {
            key.as_str().is_some_and(|name| name != MERGE_KEY && is_first(at, name))
        });
    is_plain.then_some(own)
}

pub(super) fn duplicate_keys<'y>(mapping: Node<'y>) -> Vec<(&'y str, Node<'y>)> {
    let names = || {
        let named = mapping.own_entries().filter_map(|(key, _)| Some((key.as_str()?, key)));
        named.filter(|(name, _)| *name != MERGE_KEY)
    };
    let mut seen = HashSet::new();
    if names().nth(FEW).is_some() {
        return names().filter(|(name, _)| !seen.insert(*name)).collect();
    }
    let stands_before = |at: usize, name: &str| names().take(at).any(|(other, _)| other == name);
    let all = names().enumerate();
    all.filter(|(at, (name, _))| stands_before(*at, name)).map(|(_, entry)| entry).collect()
}

/// The mappings that are merged into this one, nearest first, each once: a mapping that is merged
/// again adds nothing, which is also what ends cycles and keeps alias bombs small.
fn merged(mapping: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let mut next = merge_sources(mapping);
    if next.is_empty() {
        return found;
    }
    let mut seen: HashSet<NodeId> = HashSet::from([mapping.id]);
    while let Some(source) = next.pop() {
        if seen.insert(source.id) {
            next.extend(merge_sources(source));
            if source.is_mapping() {
                found.push(source);
            }
        }
    }
    found
}

/// What `<<` names, last first.
fn merge_sources(node: Node<'_>) -> Vec<Node<'_>> {
    let mut sources: Vec<Node> = node.items().collect();
    let merges = node.own_entries().filter(|(key, _)| key.as_str() == Some(MERGE_KEY));
    sources.extend(merges.map(|(_, value)| value));
    sources.reverse();
    sources
}
