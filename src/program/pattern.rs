use super::Operand;
use crate::invocation::Word;
use std::str::FromStr;

/// What a command's operands look like: `(delete|del) <pm2-process>...`.
///
/// A word stands for itself, `(a|b)` for one of several, `<kind>` for a target of that kind,
/// `<kind>...` for one or more, `[<kind>...]` for any number, `<_>` for any word, and `...` at the
/// end for whatever follows. Without it, a call with more operands does not match. What takes many
/// leaves one for each word that stands after it: `<path>... <_>`.
#[derive(Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Token>);

#[derive(Debug, PartialEq, Eq)]
enum Token {
    OneOf(Vec<String>),
    Target { kind: String, least: usize, many: bool },
    Any,
    Rest,
}

/// How operands match a pattern.
#[derive(Debug)]
pub struct Match<'w> {
    /// Only if an unknown word happens to be the right one.
    pub maybe: bool,
    /// The targets, each with its kind.
    pub targets: Vec<(&'w str, &'w Word)>,
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut tokens = Vec::new();
        for word in text.split_whitespace() {
            let token = Token::parse(word)
                .ok_or_else(|| format!("`{word}` is not understood in the pattern `{text}`"))?;
            let is_many = |token: &Token| matches!(token, Token::Target { many: true, .. });
            let is_open = tokens.iter().any(is_many);
            if tokens.contains(&Token::Rest) || is_open && (is_many(&token) || token == Token::Rest)
            {
                return Err(format!("`{text}`: only one part can be open, and `...` must be last"));
            }
            tokens.push(token);
        }
        Ok(Self(tokens))
    }
}

impl Token {
    fn parse(word: &str) -> Option<Self> {
        if word == "..." {
            return Some(Self::Rest);
        }
        if word == "<_>" {
            return Some(Self::Any);
        }
        let (inner, least) = match word.strip_prefix('[') {
            Some(rest) => (rest.strip_suffix(']')?, 0),
            None => (word, 1),
        };
        if let Some(target) = inner.strip_prefix('<') {
            let (target, many) = match target.strip_suffix("...") {
                Some(target) => (target, true),
                None => (target, false),
            };
            let kind = target.strip_suffix('>')?.to_owned();
            return Some(Self::Target { kind, least, many });
        }
        let names = match inner.strip_prefix('(') {
            Some(names) => names.strip_suffix(')')?.split('|').map(str::to_owned).collect(),
            None => vec![inner.to_owned()],
        };
        (least == 1).then_some(Self::OneOf(names))
    }
}

impl Pattern {
    /// Holds operands against the pattern.
    pub fn matches<'w>(&'w self, operands: &[Operand<'w>]) -> Option<Match<'w>> {
        let mut found = Match { maybe: false, targets: Vec::new() };
        let mut left = operands;
        for (at, token) in self.0.iter().enumerate() {
            match token {
                Token::Rest => return Some(found),
                Token::Any => left = left.split_first()?.1,
                Token::OneOf(names) => {
                    let (operand, rest) = left.split_first()?;
                    let can_be = |name: &String| operand.word.could_be(name);
                    match operand.word.text() {
                        Some(text) if names.iter().any(|name| *name == text) => {}
                        None if !operand.may_be_value && names.iter().any(can_be) => {
                            found.maybe = true;
                        }
                        _ => return None,
                    }
                    left = rest;
                }
                Token::Target { kind, least, many } => {
                    let after = self.0.len() - at - 1;
                    let taken = match many {
                        true => left.len().saturating_sub(after),
                        false => left.len().min(1),
                    };
                    if taken < *least {
                        return None;
                    }
                    found
                        .targets
                        .extend(left[..taken].iter().map(|operand| (kind.as_str(), operand.word)));
                    left = &left[taken..];
                }
            }
        }
        left.is_empty().then_some(found)
    }

    /// The words that it starts with, each in all its spellings.
    pub fn verb(&self) -> Vec<&[String]> {
        let names = self.0.iter().map_while(|token| match token {
            Token::OneOf(names) => Some(names.as_slice()),
            _ => None,
        });
        names.collect()
    }

    /// The kinds of its targets.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|token| match token {
            Token::Target { kind, .. } => Some(kind.as_str()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Text;

    fn word(text: &str) -> Word {
        let mut known = Text::default();
        known.push_made_up(text, None);
        Word::known(known)
    }

    fn operands(words: &[Word]) -> Vec<Operand<'_>> {
        let operand = |word| Operand { word, position: 0, may_be_value: false };
        words.iter().map(operand).collect()
    }

    #[test]
    fn a_pattern_matches_only_the_whole_call() {
        let pattern: Pattern = "(delete|del) <pm2-process>...".parse().unwrap();
        let matched = |words: &[&str]| {
            let words: Vec<Word> = words.iter().map(|w| word(w)).collect();
            pattern.matches(&operands(&words)).map(|m| m.targets.len())
        };
        assert_eq!(matched(&["del", "a", "b"]), Some(2));
        assert_eq!(matched(&["delete"]), None);
        assert_eq!(matched(&["stop", "a"]), None);
        let kill: Pattern = "kill".parse().unwrap();
        assert!(kill.matches(&operands(&[word("kill"), word("web")])).is_none());
        let moved: Pattern = "<path>... <_>".parse().unwrap();
        let words = [word("a"), word("b"), word("c")];
        assert_eq!(moved.matches(&operands(&words)).map(|m| m.targets.len()), Some(2));
        assert!(moved.matches(&operands(&words[..1])).is_none());
    }

    #[test]
    fn a_malformed_pattern_is_refused() {
        for bad in ["<kind", "(a|b", "... x", "[web]", "<a>... <b>...", "<a>... ..."] {
            assert!(bad.parse::<Pattern>().is_err(), "{bad}");
        }
    }
}
