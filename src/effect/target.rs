use super::{Resource, listing, path};
use crate::{
    config::matches_name,
    invocation::{Hole, Origin, Piece, Selection, Word},
    program::Scope,
};

/// How far a target reaches.
#[derive(Debug)]
pub struct Reach {
    pub scope: Scope,
    pub names: Vec<String>,
    pub because: Option<String>,
}

impl Reach {
    pub fn of(scope: Scope, name: impl ToString) -> Self {
        Self { scope, names: vec![name.to_string()], because: None }
    }

    pub fn because(mut self, reason: String) -> Self {
        self.because = Some(reason);
        self
    }
}

/// What `word` reaches as the name of a resource; `-` names what standard input says.
pub fn reach(resource: &Resource, word: &Word, stdin: Option<&Word>) -> Reach {
    match word.text() {
        Some(text) if text == "-" && !resource.path => {
            let read = stdin.filter(|word| word.text().is_none_or(|text| text != "-"));
            read.map_or(Reach::of(Scope::Unknown, word), |word| reach(resource, word, None))
        }
        Some(_) if resource.path => path::reach(word, resource.with_folders),
        Some(text) => {
            // Piped and substituted text is split into words.
            text.split_whitespace()
                .map(|name| named(resource, name))
                .reduce(wider)
                .unwrap_or_else(|| Reach::of(Scope::Named, ""))
        }
        None => unknown(resource, word),
    }
}

fn named(resource: &Resource, name: &str) -> Reach {
    let is_id = resource.ids && name.bytes().all(|b| b.is_ascii_digit());
    let scope = if resource.everything.iter().any(|all| all == name) {
        Scope::All
    } else if resource.is_pattern(name) {
        Scope::Pattern
    } else if resource.shared.iter().any(|pattern| matches_name(pattern, name)) {
        Scope::Shared
    } else if is_id {
        Scope::Unknown
    } else if resource.may_be_wide {
        Scope::Pattern
    } else {
        Scope::Named
    };
    let reach = Reach::of(scope, name);
    if is_id { reach.because("ids change whenever processes come and go".into()) } else { reach }
}

fn unknown(resource: &Resource, word: &Word) -> Reach {
    if let [Piece::Hole(hole)] = word.pieces.as_slice()
        && let Some(reach) = selected(hole)
    {
        return reach;
    }
    if resource.path {
        return path::reach(word, resource.with_folders);
    }
    // `pm2 delete "$DIR/"` is `pm2 delete /`, everything, if the variable is empty.
    if let Some(hole) = emptied(word)
        && let Some(text) = word.without_holes()
        && named(resource, &text).scope == Scope::All
    {
        let reason = format!("if {} is empty, this is `{text}`", hole.written);
        return Reach::of(Scope::All, word).because(reason);
    }
    Reach::of(Scope::Unknown, word)
}

/// What a hole reaches that comes from a list of what runs.
fn selected(hole: &Hole) -> Option<Reach> {
    let selection = match &hole.origin {
        Origin::Item(selection) => selection.clone(),
        Origin::Output(stages) => listing::selection(stages)?,
        _ => return None,
    };
    Some(match selection {
        Selection::Any => Reach::of(Scope::Unfiltered, &hole.written)
            .because("they come from a list that is not filtered by name".to_owned()),
        Selection::Names(names) => Reach { scope: Scope::Named, names, because: None },
        Selection::Pattern(pattern) => Reach::of(Scope::Named, pattern),
        Selection::SomeName => Reach::of(Scope::Named, &hole.written),
    })
}

/// The first hole, if all holes but globs can be empty.
pub(super) fn emptied(word: &Word) -> Option<&Hole> {
    let mut holes = word.holes().filter(|hole| !matches!(hole.origin, Origin::Glob));
    let first = holes.next().filter(|hole| hole.may_be_empty)?;
    holes.all(|hole| hole.may_be_empty).then_some(first)
}

fn wider(one: Reach, other: Reach) -> Reach {
    let (mut wide, narrow) = if other.scope > one.scope { (other, one) } else { (one, other) };
    wide.names.extend(narrow.names);
    wide
}
