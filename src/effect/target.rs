use super::{Resource, listing, path, resource};
use crate::{
    config::matches_name,
    invocation::{Hole, Origin, Piece, Selection, Word},
    program::Scope,
};

/// How far a target reaches.
#[derive(Debug)]
pub struct Reach {
    pub scope: Scope,
    /// The kind, where a list of other things says whose targets they are: `kill $(lsof -ti:80)`.
    pub kind: Option<String>,
    pub names: Vec<String>,
    pub because: Option<String>,
}

impl Reach {
    pub fn of(scope: Scope, name: impl ToString) -> Self {
        Self { scope, kind: None, names: vec![name.to_string()], because: None }
    }

    pub fn because(mut self, reason: String) -> Self {
        self.because = Some(reason);
        self
    }
}

/// What `word` reaches as the name of a resource; `-` names what standard input says.
pub fn reach(kind: &str, word: &Word, stdin: Option<&Word>) -> Reach {
    let resource = resource(kind);
    match word.text() {
        Some(text) if text == "-" && !resource.path => {
            let read = stdin.filter(|word| word.text().is_none_or(|text| text != "-"));
            read.map_or(Reach::of(Scope::Unknown, word), |word| reach(kind, word, None))
        }
        Some(_) if resource.path => path::reach(resource, word),
        Some(text) if resource.may_be_wide || resource.has_blanks => named(resource, text.trim()),
        Some(text) => {
            // Piped and substituted text is split into words.
            text.split_whitespace()
                .map(|name| named(resource, name))
                .reduce(wider)
                .unwrap_or_else(|| Reach::of(Scope::Named, ""))
        }
        None => unknown(kind, word),
    }
}

fn named(resource: &Resource, name: &str) -> Reach {
    let is_id = resource.ids && name.bytes().all(|b| b.is_ascii_digit());
    let scope = if resource.everything.iter().any(|all| all == name) {
        Scope::All
    } else if resource.is_pattern(name) {
        Scope::Pattern
    } else if resource.shared.iter().any(|pattern| matches_name(pattern, name))
        || resource.is_generic(name)
    {
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

fn unknown(kind: &str, word: &Word) -> Reach {
    let resource = resource(kind);
    if let [Piece::Hole(hole)] = word.pieces.as_slice()
        && let Some(reach) = selected(kind, hole)
    {
        return reach;
    }
    if resource.path {
        return path::reach(resource, word);
    }
    if resource.declared_in.iter().any(|ending| word.tail().ends_with(ending)) {
        return Reach::of(Scope::Named, word);
    }
    // What the shell finds no files for stays a pattern: `systemctl stop pm2-*`.
    if word.holes().all(|hole| matches!(hole.origin, Origin::Glob)) {
        let written = named(resource, &word.to_string());
        if written.scope > Scope::Unknown {
            return written;
        }
    }
    // `pm2 delete "$DIR/"` is `pm2 delete /`, everything, if the variable is empty.
    if let Some(hole) = emptied(word)
        && let Some(text) = word.without_holes()
        && named(resource, &text).scope == Scope::All
    {
        let reason = format!("if {} is empty, this is `{text}`", hole.written);
        return Reach::of(Scope::All, word).because(reason);
    }
    // `systemctl stop "pm2-$USER"`
    let written = named(resource, &word.to_string());
    if written.scope == Scope::Shared && !resource.may_be_wide {
        return written;
    }
    // `pkill -f "node.*$APP"` is still a pattern.
    Reach::of(if resource.may_be_wide { Scope::Pattern } else { Scope::Unknown }, word)
}

/// What a hole reaches that comes from a list of what runs.
fn selected(kind: &str, hole: &Hole) -> Option<Reach> {
    match &hole.origin {
        Origin::Item(selection) => Some(of_selection(kind, selection.clone(), hole)),
        Origin::Output(stages) => {
            let listed = listing::listed(stages)?;
            let tells_only = &resource(&listed.kind).tells_only;
            if !tells_only.is_empty() && !tells_only.iter().any(|own| own == kind) {
                return None;
            }
            let mut reach = match listed.names {
                Some(words) => {
                    words.iter().map(|word| reach(&listed.kind, word, None)).reduce(wider)?
                }
                // Some of the files of a folder, such as all but the newest.
                None if listed.is_part && resource(&listed.kind).path => {
                    Reach::of(Scope::Named, &hole.written)
                }
                None => of_selection(&listed.kind, listed.selection, hole),
            };
            let by_part = listed.by_part && resource(&listed.kind).found_by_part;
            if (listed.is_loose || by_part) && reach.scope < Scope::Pattern {
                reach.scope = Scope::Pattern;
                let because = match listed.is_loose {
                    true => "what the list is filtered by is no name",
                    false => "a part of a line finds others, too",
                };
                reach.because = Some(because.to_owned());
            }
            reach.kind = (listed.kind != kind).then_some(listed.kind);
            Some(reach)
        }
        _ => None,
    }
}

fn of_selection(kind: &str, selection: Selection, hole: &Hole) -> Reach {
    let resource = resource(kind);
    match selection {
        Selection::Any => Reach::of(Scope::Unfiltered, &hole.written)
            .because("they come from a list that is not filtered by name".to_owned()),
        // What is found by a part of its command line.
        Selection::Names(names) if resource.named_by_filter => names
            .iter()
            .map(|name| named(resource, name))
            .reduce(wider)
            .unwrap_or_else(|| Reach::of(Scope::Named, &hole.written)),
        Selection::Pattern(pattern) if resource.named_by_filter => {
            named(resource, pattern.trim_matches(|c: char| c == '*' || c.is_whitespace()))
        }
        Selection::SomeName if resource.may_be_wide => Reach::of(Scope::Pattern, &hole.written),
        Selection::Names(names) => Reach { scope: Scope::Named, kind: None, names, because: None },
        Selection::Pattern(pattern) => Reach::of(Scope::Named, pattern),
        Selection::SomeName => Reach::of(Scope::Named, &hole.written),
    }
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
    wide.kind = wide.kind.or(narrow.kind);
    wide
}
