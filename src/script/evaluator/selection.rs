use crate::config::matches_name;
use crate::invocation::Selection;

/// More names than this out of one regular expression are not listed.
const MAX_NAMES: usize = 24;

/// What passes both tests.
pub fn both(left: &Selection, right: &Selection) -> Selection {
    use Selection::*;
    match (left, right) {
        (Any, other) | (other, Any) | (SomeName, other) | (other, SomeName) => other.clone(),
        (Names(left), Names(right)) => keep(left, |name| right.contains(name)),
        (Names(names), Pattern(pattern)) | (Pattern(pattern), Names(names)) => {
            keep(names, |name| matches_name(pattern, name))
        }
        (Pattern(left), Pattern(right)) => {
            Pattern(if matches_name(left, right) { right } else { left }.clone())
        }
    }
}

/// What passes at least one of the tests.
pub fn either(left: &Selection, right: &Selection) -> Selection {
    use Selection::*;
    match (left, right) {
        (Any, _) | (_, Any) => Any,
        (Names(left), Names(right)) => {
            let mut names = left.clone();
            names.extend(right.iter().filter(|name| !left.contains(name)).cloned());
            Names(names)
        }
        (Names(names), Pattern(pattern)) | (Pattern(pattern), Names(names))
            if names.iter().all(|name| matches_name(pattern, name)) =>
        {
            Pattern(pattern.clone())
        }
        (Pattern(wide), Pattern(narrow)) if matches_name(wide, narrow) => Pattern(wide.clone()),
        (Pattern(narrow), Pattern(wide)) if matches_name(wide, narrow) => Pattern(wide.clone()),
        _ => SomeName,
    }
}

fn keep(names: &[String], test: impl Fn(&String) -> bool) -> Selection {
    Selection::Names(names.iter().filter(|name| test(name)).cloned().collect())
}

/// What a pattern with `*` for any text selects. A name that holds a `*` is not told from a pattern.
pub fn of_pattern(pattern: &str) -> Selection {
    let mut short = String::new();
    for c in pattern.chars() {
        if c != '*' || !short.ends_with('*') {
            short.push(c);
        }
    }
    match short.as_str() {
        "*" => Selection::Any,
        _ if short.contains('*') => Selection::Pattern(short),
        _ => Selection::Names(vec![short]),
    }
}

/// What a regular expression selects.
pub fn of_regex(pattern: &str, ignores_case: bool) -> Selection {
    if pattern.contains("(?!") || pattern.contains("(?<!") {
        return Selection::Any;
    }
    let globs = Regex { rest: pattern.chars().collect(), at: 0 }.alternatives(0);
    let Some(globs) = globs else { return Selection::SomeName };
    let anchored = globs.into_iter().map(|glob| {
        let glob = glob.strip_prefix('^').map_or(format!("*{glob}"), str::to_owned);
        glob.strip_suffix('$').map_or(format!("{glob}*"), str::to_owned)
    });
    let selection = anchored.map(|glob| of_pattern(&glob)).reduce(|a, b| either(&a, &b));
    match selection.unwrap_or(Selection::SomeName) {
        Selection::Any => Selection::Any,
        _ if ignores_case => Selection::SomeName,
        selection => selection,
    }
}

/// Reads the simple part of the language of regular expressions: text, `.`, classes, quantifiers,
/// groups and alternatives. Everything else gives nothing.
struct Regex {
    rest: Vec<char>,
    at: usize,
}

impl Regex {
    /// The alternatives up to the end or the closing parenthesis, as patterns; `^` and `$` are left
    /// in for the caller.
    fn alternatives(&mut self, depth: usize) -> Option<Vec<String>> {
        if depth > 3 {
            return None;
        }
        let mut done = Vec::new();
        let mut now = vec![String::new()];
        while let Some(&c) = self.rest.get(self.at) {
            self.at += 1;
            let parts = match c {
                '|' => {
                    done.append(&mut now);
                    now = vec![String::new()];
                    continue;
                }
                ')' if depth > 0 => {
                    done.append(&mut now);
                    return Some(done);
                }
                '(' => {
                    self.skip(&['?', ':']);
                    self.alternatives(depth + 1)?
                }
                '.' => vec!["*".to_owned()],
                '[' => {
                    self.class()?;
                    vec!["*".to_owned()]
                }
                '\\' => vec![self.escape()?],
                '*' | '+' | '?' | '{' | '}' | ')' => return None,
                literal => vec![literal.to_string()],
            };
            let parts = if self.quantifier() { vec!["*".to_owned()] } else { parts };
            now = now.iter().flat_map(|a| parts.iter().map(move |b| format!("{a}{b}"))).collect();
            if now.len() + done.len() > MAX_NAMES {
                return None;
            }
        }
        done.append(&mut now);
        (depth == 0).then_some(done)
    }

    fn skip(&mut self, chars: &[char]) {
        if self.rest[self.at..].starts_with(chars) {
            self.at += chars.len();
        }
    }

    /// To the end of a class such as `[a-z]`.
    fn class(&mut self) -> Option<()> {
        loop {
            let c = self.rest.get(self.at)?;
            self.at += 1;
            match c {
                ']' => return Some(()),
                '\\' => self.at += 1,
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Option<String> {
        let c = *self.rest.get(self.at)?;
        self.at += 1;
        match c {
            'w' | 'W' | 'd' | 'D' | 's' | 'S' => Some("*".to_owned()),
            'b' => Some(String::new()),
            c if c.is_alphanumeric() => None,
            c => Some(c.to_string()),
        }
    }

    /// Whether what was just read may be repeated or left out.
    fn quantifier(&mut self) -> bool {
        match self.rest.get(self.at) {
            Some('*' | '+' | '?') => self.at += 1,
            Some('{') => {
                let length = self.rest[self.at..].iter().position(|c| *c == '}');
                self.at += length.map_or(1, |length| length + 1);
            }
            _ => return false,
        }
        self.skip(&['?']);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Selection::{Any, SomeName};

    fn names(names: &[&str]) -> Selection {
        Selection::Names(names.iter().map(|name| (*name).to_owned()).collect())
    }

    fn pattern(pattern: &str) -> Selection {
        Selection::Pattern(pattern.to_owned())
    }

    #[test]
    fn a_regular_expression_selects_names_or_a_pattern_or_everything() {
        let cases = [
            ("^web$", names(&["web"])),
            ("^(?:web|api)$", names(&["web", "api"])),
            ("^web$|^api$", names(&["web", "api"])),
            (r"^flyer-(api|worker)\.js$", names(&["flyer-api.js", "flyer-worker.js"])),
            ("-test$", pattern("*-test")),
            ("^flyer-", pattern("flyer-*")),
            ("flyer", pattern("*flyer*")),
            (r"^flyer-\w+-test$", pattern("flyer-*-test")),
            ("^flyer-[a-z]+$", pattern("flyer-*")),
            ("-test$|^web$", SomeName),
            ("^web$|", Any),
            ("", Any),
            (".*", Any),
            ("^.+$", Any),
            (r"\w", Any),
            ("(a|)", Any),
            ("^(?!stock)", Any),
            (r"^(a)\1$", SomeName),
            ("((((((a))))))", SomeName),
            ("(", SomeName),
        ];
        for (regex, expected) in cases {
            assert_eq!(of_regex(regex, false), expected, "/{regex}/");
        }
        assert_eq!(of_regex("^web$", true), SomeName);
    }

    #[test]
    fn two_tests_narrow_and_one_of_two_widens() {
        let cases = [
            (Any, names(&["a"]), names(&["a"]), Any),
            (names(&["a", "b"]), names(&["b", "c"]), names(&["b"]), names(&["a", "b", "c"])),
            (names(&["a", "b-test"]), pattern("*-test"), names(&["b-test"]), SomeName),
            (names(&["b-test"]), pattern("*-test"), names(&["b-test"]), pattern("*-test")),
            (pattern("*-test"), pattern("a-*-test"), pattern("a-*-test"), pattern("*-test")),
            (pattern("*-test"), pattern("x-*"), pattern("*-test"), SomeName),
            (pattern("a-*-test"), pattern("*-test"), pattern("a-*-test"), pattern("*-test")),
            (SomeName, names(&["a"]), names(&["a"]), SomeName),
        ];
        for (left, right, narrow, wide) in cases {
            assert_eq!(both(&left, &right), narrow, "{left:?} and {right:?}");
            assert_eq!(either(&left, &right), wide, "{left:?} or {right:?}");
        }
    }
}
