use super::selection::{both, either};
use crate::invocation::Selection;

/// Tells apart what a loop or a callback hands out; every round has its own.
pub type ItemId = usize;

/// What is known of some items: by what their names were tested. All of it holds.
pub type Facts = Vec<(ItemId, Selection)>;

/// What is known when an expression is true, and when it is false. `None`: that never happens.
#[derive(Clone, Debug)]
pub struct Knowledge {
    pub when_true: Option<Facts>,
    pub when_false: Option<Facts>,
}

impl Knowledge {
    /// It may be either, and tells nothing.
    pub fn nothing() -> Self {
        Self { when_true: Some(Facts::new()), when_false: Some(Facts::new()) }
    }

    pub fn constant(truth: bool) -> Self {
        let possible = |is: bool| is.then(Facts::new);
        Self { when_true: possible(truth), when_false: possible(!truth) }
    }

    /// True for the items that `selection` says, and only for these.
    pub fn selects(item: ItemId, selection: Selection) -> Self {
        Self { when_true: Some(vec![(item, selection)]), when_false: Some(Facts::new()) }
    }

    /// It looks at the name of `item`, in a way that cannot be read.
    pub fn looks_at(item: ItemId) -> Self {
        let fact = || Some(vec![(item, Selection::SomeName)]);
        Self { when_true: fact(), when_false: fact() }
    }

    pub fn not(self) -> Self {
        Self { when_true: self.when_false, when_false: self.when_true }
    }

    pub fn and(self, other: Self) -> Self {
        Self {
            when_true: all(self.when_true, other.when_true),
            when_false: any(self.when_false, other.when_false),
        }
    }

    pub fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// What is known if it may be either of two expressions.
    pub fn one_of(self, other: Self) -> Self {
        Self {
            when_true: any(self.when_true, other.when_true),
            when_false: any(self.when_false, other.when_false),
        }
    }

    /// What is known of an expression that is only reached where `facts` hold.
    pub fn given(self, facts: &[(ItemId, Selection)]) -> Self {
        let with = |known: Option<Facts>| all(known, Some(facts.to_vec()));
        Self { when_true: with(self.when_true), when_false: with(self.when_false) }
    }

    /// Whether it is always true, or always false.
    pub fn is_constant(&self) -> bool {
        self.when_true.is_none() || self.when_false.is_none()
    }
}

/// Both hold.
pub fn all(left: Option<Facts>, right: Option<Facts>) -> Option<Facts> {
    let (mut facts, right) = (left?, right?);
    for (item, selection) in right {
        match facts.iter_mut().find(|(known, _)| *known == item) {
            Some((_, known)) => *known = both(known, &selection),
            None => facts.push((item, selection)),
        }
    }
    Some(facts)
}

/// One of them holds.
pub fn any(left: Option<Facts>, right: Option<Facts>) -> Option<Facts> {
    let (Some(left), Some(right)) = (&left, &right) else { return left.or(right) };
    let joined = left.iter().filter_map(|(item, selection)| {
        let (_, other) = right.iter().find(|(known, _)| known == item)?;
        Some((*item, either(selection, other)))
    });
    Some(joined.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Knowledge {
        Knowledge::selects(1, Selection::Names(vec![name.to_owned()]))
    }

    #[test]
    fn a_name_test_joined_by_or_with_another_test_selects_everything() {
        let joined = named("web").or(Knowledge::nothing());
        assert_eq!(joined.when_true, Some(vec![]));
    }

    #[test]
    fn a_negated_name_test_selects_by_what_follows_a_guard() {
        let guard = named("web").not();
        assert_eq!(guard.when_true, Some(vec![]));
        assert_eq!(guard.when_false, Some(vec![(1, Selection::Names(vec!["web".into()]))]));
    }

    #[test]
    fn what_is_never_true_adds_nothing() {
        let joined = Knowledge::constant(false).one_of(named("web"));
        assert_eq!(joined.when_true, named("web").when_true);
        assert!(!joined.is_constant());
    }
}
