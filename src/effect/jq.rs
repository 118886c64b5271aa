//! Which items of a list does a jq filter let through? jaq's parser gives the tree; a condition is
//! known by the names for which it holds and for which it does not, so that `and` narrows, `or`
//! widens and `not` turns round.

use crate::{
    invocation::Selection,
    script::selection::{both, either, of_pattern, of_regex},
};
use jaq_core::{
    load::{
        lex::StrPart,
        parse::{BinaryOp, Pattern, Term},
    },
    ops::Cmp,
    path::Part,
};

/// Stands for what is unknown in the text of a filter.
pub const UNKNOWN: char = '\u{fffc}';

/// Longer filters, and more deeply nested ones, are not read.
const MAX_LEN: usize = 8_192;
const MAX_NESTING: usize = 60;

/// Fields that name a thing.
const NAMES: [&str; 4] = ["name", "Name", "Names", "names"];

/// What a variable of a filter holds.
#[derive(Clone, Debug)]
pub enum Variable {
    Texts(Vec<String>),
    /// An item, or something in one that is no name.
    Item,
    Name,
    Unknown,
}

type Variables = Vec<(String, Variable)>;
type Tree<'s> = Term<&'s str>;

/// What a filter lets through; nothing if the filter is not understood.
pub fn selection(filter: &str, variables: &Variables) -> Option<Selection> {
    let nesting = filter.bytes().filter(|b| b"([{".contains(b)).count();
    if filter.len() > MAX_LEN || nesting > MAX_NESTING {
        return None;
    }
    let tree: Tree<'_> = jaq_core::load::parse(filter, |parser| parser.term())?;
    Some(passes(&tree, variables).unwrap_or(Selection::Names(Vec::new())))
}

/// What is known of the items for which a condition holds, and for which it does not. `None`:
/// there are none.
struct Knowledge {
    when_true: Option<Selection>,
    when_false: Option<Selection>,
}

impl Knowledge {
    fn names(selection: Selection) -> Self {
        Self { when_true: Some(selection), when_false: Some(Selection::Any) }
    }

    fn nothing() -> Self {
        Self::names(Selection::Any)
    }

    fn not(self) -> Self {
        Self { when_true: self.when_false, when_false: self.when_true }
    }

    fn and(self, other: Self) -> Self {
        let when_true = self.when_true.zip(other.when_true).map(|(a, b)| both(&a, &b));
        Self { when_true, when_false: any(self.when_false, other.when_false) }
    }
}

fn any(left: Option<Selection>, right: Option<Selection>) -> Option<Selection> {
    match (left, right) {
        (Some(left), Some(right)) => Some(either(&left, &right)),
        (left, right) => left.or(right),
    }
}

/// What comes out of a filter.
fn passes(term: &Tree<'_>, variables: &Variables) -> Option<Selection> {
    match term {
        Term::BinOp(left, BinaryOp::Pipe(None), right) => {
            let (left, right) = (passes(left, variables)?, passes(right, variables)?);
            Some(both(&left, &right))
        }
        Term::BinOp(left, BinaryOp::Pipe(Some(pattern)), right) => {
            passes(right, &bound(left, pattern, variables))
        }
        Term::BinOp(left, BinaryOp::Comma | BinaryOp::Alt, right) => {
            any(passes(left, variables), passes(right, variables))
        }
        Term::Call("empty", _) => None,
        Term::Call("select", arguments) => match arguments.as_slice() {
            [condition] => truth(condition, variables).when_true,
            _ => Some(Selection::Any),
        },
        Term::Call("map" | "first" | "last" | "limit" | "map_values", arguments) => {
            arguments.last().map_or(Some(Selection::Any), |filter| passes(filter, variables))
        }
        Term::IfThenElse(arms, otherwise) => {
            let (mut out, mut rest) = (None, Some(Selection::Any));
            for (condition, then) in arms {
                let known = truth(condition, variables);
                let taken = known.when_true.zip(passes(then, variables));
                out = any(out, taken.map(|(a, b)| both(&a, &b)));
                rest = rest.zip(known.when_false).map(|(a, b)| both(&a, &b));
            }
            let last = match otherwise {
                Some(otherwise) => passes(otherwise, variables),
                None => Some(Selection::Any),
            };
            any(out, rest.zip(last).map(|(a, b)| both(&a, &b)))
        }
        Term::Arr(Some(inner)) | Term::TryCatch(inner, _) | Term::Label(_, inner) => {
            passes(inner, variables)
        }
        Term::Def(_, rest) => passes(rest, variables),
        Term::Path(base, _) => passes(base, variables),
        _ => Some(Selection::Any),
    }
}

fn bound(value: &Tree<'_>, pattern: &Pattern<&str>, variables: &Variables) -> Variables {
    let mut all = variables.clone();
    if let Pattern::Var(name) = pattern {
        let held = match texts(value, variables) {
            Some(texts) => Variable::Texts(texts),
            None if is_name(value, variables) => Variable::Name,
            None => Variable::Item,
        };
        all.push(((*name).to_owned(), held));
    }
    all
}

fn variable<'v>(name: &str, variables: &'v Variables) -> Option<&'v Variable> {
    variables.iter().rev().find(|(held, _)| held == name).map(|(_, value)| value)
}

fn truth(term: &Tree<'_>, variables: &Variables) -> Knowledge {
    match term {
        Term::BinOp(left, BinaryOp::And, right) => {
            truth(left, variables).and(truth(right, variables))
        }
        Term::BinOp(left, BinaryOp::Or, right) => {
            truth(left, variables).not().and(truth(right, variables).not()).not()
        }
        Term::BinOp(condition, BinaryOp::Pipe(None), not)
            if matches!(**not, Term::Call("not", _)) =>
        {
            truth(condition, variables).not()
        }
        Term::BinOp(left, BinaryOp::Cmp(operator @ (Cmp::Eq | Cmp::Ne)), right) => {
            let (name, other) = match is_name(left, variables) {
                true => (true, right),
                false => (is_name(right, variables), left),
            };
            if !name {
                return looks_at_names(term, variables);
            }
            let chosen = texts(other, variables).map_or(Selection::SomeName, names);
            let known = Knowledge::names(chosen);
            if matches!(operator, Cmp::Eq) { known } else { known.not() }
        }
        Term::BinOp(subject, BinaryOp::Pipe(None), test) => {
            if is_name(subject, variables) {
                return name_test(test, variables);
            }
            // `["a", "b"] | index($name)`, `[.name] | inside(["a", "b"])`
            if let (Some(known), Term::Call(_, arguments)) =
                (texts(subject, variables), test.as_ref())
                && arguments.iter().any(|argument| mentions_name(argument, variables))
            {
                return Knowledge::names(names(known));
            }
            if let Term::Call("inside", arguments) = test.as_ref()
                && mentions_name(subject, variables)
                && let Some(known) = arguments.first().and_then(|list| texts(list, variables))
            {
                return Knowledge::names(names(known));
            }
            match subject.as_ref() {
                Term::Id | Term::Var(_) => truth(test, variables),
                Term::BinOp(..) => looks_at_names(term, variables),
                _ => looks_at_names(term, variables),
            }
        }
        Term::BinOp(subject, BinaryOp::Pipe(Some(pattern)), rest) => {
            truth(rest, &bound(subject, pattern, variables))
        }
        Term::Call("IN", arguments) => match arguments.as_slice() {
            [subject, list] if is_name(subject, variables) => {
                Knowledge::names(texts(list, variables).map_or(Selection::SomeName, names))
            }
            _ => looks_at_names(term, variables),
        },
        Term::Call("any", arguments) => match arguments.as_slice() {
            // `any("a", "b"; . == $name)`
            [list, condition] if mentions_name(condition, variables) => {
                Knowledge::names(texts(list, variables).map_or(Selection::SomeName, names))
            }
            _ => looks_at_names(term, variables),
        },
        Term::Call("true", _) => Knowledge { when_true: Some(Selection::Any), when_false: None },
        Term::Call("false", _) => Knowledge { when_true: None, when_false: Some(Selection::Any) },
        _ => looks_at_names(term, variables),
    }
}

/// A test that a name is piped into.
fn name_test(test: &Tree<'_>, variables: &Variables) -> Knowledge {
    if let Term::BinOp(test, BinaryOp::Pipe(None), not) = test
        && matches!(**not, Term::Call("not", _))
    {
        return name_test(test, variables).not();
    }
    let combined = match test {
        Term::BinOp(left, BinaryOp::Or, right) => Some((left, right, true)),
        Term::BinOp(left, BinaryOp::And, right) => Some((left, right, false)),
        _ => None,
    };
    if let Some((left, right, is_or)) = combined {
        let (left, right) = (name_test(left, variables), name_test(right, variables));
        return if is_or { left.not().and(right.not()).not() } else { left.and(right) };
    }
    if let Term::BinOp(left, BinaryOp::Cmp(operator @ (Cmp::Eq | Cmp::Ne)), right) = test
        && matches!(**left, Term::Id)
    {
        let known = Knowledge::names(texts(right, variables).map_or(Selection::SomeName, names));
        return if matches!(operator, Cmp::Eq) { known } else { known.not() };
    }
    let Term::Call(function, arguments) = test else {
        return Knowledge::names(Selection::SomeName);
    };
    let given = arguments.first().and_then(|argument| texts(argument, variables));
    let Some(given) = given.filter(|given| !given.iter().any(|text| text.contains(UNKNOWN))) else {
        return Knowledge::names(Selection::SomeName);
    };
    let ignores_case = arguments.get(1).is_none_or(|flags| {
        texts(flags, variables).is_none_or(|flags| flags.concat().contains('i'))
    }) && arguments.len() > 1;
    let each = |selection: &dyn Fn(&str) -> Selection| {
        let all = given.iter().map(|text| selection(text));
        all.reduce(|a, b| either(&a, &b)).unwrap_or(Selection::SomeName)
    };
    Knowledge::names(match *function {
        "startswith" => each(&|text| of_pattern(&format!("{text}*"))),
        "endswith" => each(&|text| of_pattern(&format!("*{text}"))),
        "contains" => each(&|text| of_pattern(&format!("*{text}*"))),
        "test" | "match" => each(&|text| of_regex(text, ignores_case)),
        "IN" => names(given),
        _ => Selection::SomeName,
    })
}

/// A condition that is not understood: whether it looks at names at all.
fn looks_at_names(term: &Tree<'_>, variables: &Variables) -> Knowledge {
    if mentions_name(term, variables) {
        let some = || Some(Selection::SomeName);
        return Knowledge { when_true: some(), when_false: some() };
    }
    Knowledge::nothing()
}

/// Exact names; some name, if one is unknown.
fn names(texts: Vec<String>) -> Selection {
    match texts.iter().any(|text| text.contains(UNKNOWN)) {
        true => Selection::SomeName,
        false => Selection::Names(texts),
    }
}

/// Whether a term is the name of an item.
fn is_name(term: &Tree<'_>, variables: &Variables) -> bool {
    match term {
        Term::Var(name) => matches!(variable(name, variables), Some(Variable::Name)),
        Term::BinOp(name, BinaryOp::Alt, _) => is_name(name, variables),
        Term::TryCatch(name, _) => is_name(name, variables),
        Term::BinOp(left, BinaryOp::Pipe(None), right) => {
            matches!(**left, Term::Id | Term::Path(..)) && is_name(right, variables)
        }
        Term::Path(base, path) => {
            let of_item = match base.as_ref() {
                Term::Id => true,
                Term::Var(name) => matches!(variable(name, variables), Some(Variable::Item)),
                _ => false,
            };
            let last = path.0.last().map(|(part, _)| part);
            of_item
                && matches!(last, Some(Part::Index(key))
                if text(key).is_some_and(|key| NAMES.contains(&key.as_str())))
        }
        _ => false,
    }
}

/// Whether the name of an item stands anywhere in a term.
fn mentions_name(term: &Tree<'_>, variables: &Variables) -> bool {
    if is_name(term, variables) {
        return true;
    }
    let inner = |term: &Tree<'_>| mentions_name(term, variables);
    match term {
        Term::BinOp(left, BinaryOp::Pipe(Some(pattern)), right) => {
            inner(left) || mentions_name(right, &bound(left, pattern, variables))
        }
        Term::BinOp(left, _, right) => inner(left) || inner(right),
        Term::Call(_, arguments) => arguments.iter().any(inner),
        Term::Arr(Some(term)) | Term::Neg(term) | Term::TryCatch(term, _) => inner(term),
        Term::Path(base, _) => inner(base),
        Term::Str(_, parts) => {
            parts.iter().any(|part| matches!(part, StrPart::Term(t) if inner(t)))
        }
        _ => false,
    }
}

/// The texts that a term gives, if all are known: one, several, or those of an array.
fn texts(term: &Tree<'_>, variables: &Variables) -> Option<Vec<String>> {
    match term {
        Term::Str(..) => text(term).map(|text| vec![text]),
        Term::Var(name) => match variable(name, variables)? {
            Variable::Texts(texts) => Some(texts.clone()),
            Variable::Unknown => Some(vec![UNKNOWN.to_string()]),
            _ => None,
        },
        Term::BinOp(left, BinaryOp::Comma, right) => {
            let mut all = texts(left, variables)?;
            all.extend(texts(right, variables)?);
            Some(all)
        }
        Term::Arr(Some(inner)) => texts(inner, variables),
        // `["a", "b"][]`
        Term::Path(base, path)
            if path.0.iter().all(|(part, _)| matches!(part, Part::Range(None, None))) =>
        {
            texts(base, variables)
        }
        _ => None,
    }
}

fn text(term: &Tree<'_>) -> Option<String> {
    let Term::Str(None, parts) = term else { return None };
    let mut text = String::new();
    for part in parts {
        match part {
            StrPart::Str(part) => text.push_str(part),
            StrPart::Char(c) => text.push(*c),
            StrPart::Term(_) => return None,
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Selection::{Any, SomeName};

    fn named(names: &[&str]) -> Selection {
        Selection::Names(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn a_filter_lets_through_what_its_conditions_say() {
        let pattern = |pattern: &str| Selection::Pattern(pattern.to_owned());
        for (filter, expected) in [
            (r#".[] | select(.name == "web") | .pm_id"#, named(&["web"])),
            (r#".[] | select("web" == .name).pm_id"#, named(&["web"])),
            (r#"map(select(.name == "web")) | .[].pm_id"#, named(&["web"])),
            (r#"[.[] | select(.pm2_env.name == "web")][0].pm_id"#, named(&["web"])),
            (r#".[] | select(.name == "a" or .name == "b") | .pm_id"#, named(&["a", "b"])),
            (r#".[] | select(.name | IN("a", "b"))"#, named(&["a", "b"])),
            (r#".[] | select(IN(.name; "a", "b"))"#, named(&["a", "b"])),
            (r#".[] | .name as $n | select(["a","b"] | index($n)) | .pm_id"#, named(&["a", "b"])),
            (r#".[] as $p | select($p.name == "web") | $p.pm_id"#, named(&["web"])),
            (r#".[] | select([.name] | inside(["a", "b"]))"#, named(&["a", "b"])),
            (r#".[] | select(.name | startswith("web-"))"#, pattern("web-*")),
            (r#".[] | select(.name | endswith("-test"))"#, pattern("*-test")),
            (r#".[] | select(.name | test("^web-"))"#, pattern("web-*")),
            (r#".[] | select(.name | test("^(a|b)$"))"#, named(&["a", "b"])),
            (r#".[] | select(.name | test("^web$"; "i"))"#, SomeName),
            (r#".[] | select(.name == "web" and .pm2_env.status == "errored")"#, named(&["web"])),
            (r#".[] | select(.name == "web" or .pm2_env.status == "errored")"#, Any),
            (r#".[] | select(.pm2_env.status == "errored") | .pm_id"#, Any),
            (r#".[] | select(.name != "web")"#, Any),
            (r#".[] | select(.name == "web" | not)"#, Any),
            (r#".[] | select((.name != "web") | not)"#, named(&["web"])),
            (r#".[] | select(.name | startswith("web") | not)"#, Any),
            (r#".[] | if .name == "web" then .pm_id else empty end"#, named(&["web"])),
            (r#"(.[] | select(.name == "web") | .pm_id) // empty"#, named(&["web"])),
            (r#".[] | select(.name == "a"), .[] | .pm_id"#, Any),
            (r#".[] | select(.name | length > 3)"#, SomeName),
            (".[].name", Any),
            (".[] | .pm_id", Any),
            (r#".[] | select(.name == $app)"#, named(&["api"])),
            (r#".[] | select(.name == $other)"#, SomeName),
            (".[] | select(.name == \"\u{fffc}\")", SomeName),
        ] {
            let variables = vec![
                ("$app".to_owned(), Variable::Texts(vec!["api".to_owned()])),
                ("$other".to_owned(), Variable::Unknown),
            ];
            assert_eq!(selection(filter, &variables), Some(expected), "{filter}");
        }
    }

    #[test]
    fn what_is_no_filter_is_not_understood() {
        for filter in [".[] | select(", "}", &"(".repeat(100_000)] {
            assert_eq!(selection(filter, &Vec::new()), None);
        }
    }
}
