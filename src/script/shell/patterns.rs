//! Shell patterns (`*`, `?`, `[a-z]`), matched against words that may have holes: a hole can be any
//! text, so a match is certain, impossible, or unknown.

use crate::invocation::{Hole, Origin, Piece, Word};
use std::ops::Range;

/// Longer words are not matched, in characters.
const MAX_LEN: usize = 4096;

#[derive(Clone, Debug)]
pub struct Pattern {
    tokens: Vec<Token>,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Char(char),
    /// `?`
    One,
    /// `*`
    Any,
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

/// A word as single symbols, each of which knows its place in the word.
pub struct Symbols<'w> {
    word: &'w Word,
    symbols: Vec<Option<char>>,
    places: Vec<(usize, usize)>,
}

impl Pattern {
    /// The pattern that a word means, whose unquoted `*`, `?` and `[` are glob holes; nothing if
    /// it has other holes or forms that are not understood (`@(a|b)`).
    pub fn of(word: &Word) -> Option<Self> {
        let mut marks: Vec<(char, bool)> = Vec::new();
        for piece in &word.pieces {
            match piece {
                Piece::Known(text) => marks.extend(text.as_str().chars().map(|c| (c, false))),
                Piece::Hole(Hole { origin: Origin::Glob, written, .. }) => {
                    marks.extend(written.chars().map(|c| (c, true)));
                }
                Piece::Hole(_) => return None,
            }
        }
        let groups = marks.windows(2).any(|pair| {
            let opens = matches!(pair[0].0, '@' | '+' | '!') || pair[0].1 && pair[0].0 != '[';
            opens && pair[1].0 == '('
        });
        if groups || marks.len() > MAX_LEN {
            return None;
        }
        let mut tokens = Vec::new();
        let mut at = 0;
        while let Some((mark, active)) = marks.get(at).copied() {
            at += 1;
            match mark {
                '*' if active => {
                    if tokens.last() != Some(&Token::Any) {
                        tokens.push(Token::Any);
                    }
                }
                '?' if active => tokens.push(Token::One),
                '[' if active => match set(&marks[at..]) {
                    Some((set, len)) => {
                        tokens.push(set);
                        at += len;
                    }
                    None => tokens.push(Token::Char('[')),
                },
                plain => tokens.push(Token::Char(plain)),
            }
        }
        Some(Self { tokens })
    }

    /// Whether it has forms that are not understood: `@(a|b)`.
    pub fn has_groups(word: &Word) -> bool {
        let written = word.to_string();
        ["@(", "+(", "!(", "?(", "*("].iter().any(|open| written.contains(open))
    }

    pub fn matches(&self, word: &Word) -> Option<bool> {
        let symbols = Symbols::of(word)?;
        self.prefixes(&symbols.symbols).pop().flatten()
    }

    /// The word without the shortest or longest beginning that matches; nothing if unknown.
    pub fn without_prefix(&self, word: &Word, longest: bool) -> Option<Word> {
        let symbols = Symbols::of(word)?;
        let len = symbols.symbols.len();
        let cut = chosen(&self.prefixes(&symbols.symbols), longest)?;
        Some(symbols.slice(cut..len))
    }

    /// The same for the end.
    pub fn without_suffix(&self, word: &Word, longest: bool) -> Option<Word> {
        let symbols = Symbols::of(word)?;
        let backwards: Vec<_> = symbols.symbols.iter().rev().copied().collect();
        let tokens = self.tokens.iter().rev().cloned().collect();
        let cut = chosen(&Self { tokens }.prefixes(&backwards), longest)?;
        Some(symbols.slice(0..symbols.symbols.len() - cut))
    }

    /// The word with matches replaced; nothing if unknown.
    pub fn replaced(&self, word: &Word, by: &Word, which: Which) -> Option<Word> {
        if which == Which::AtEnd {
            let rest = self.without_suffix(word, true)?;
            return Some(match self.ends(word)? {
                true => joined(&rest, by),
                false => word.clone(),
            });
        }
        // `${X/#/--}` puts something before.
        if which == Which::AtStart && self.tokens.is_empty() {
            return Some(joined(by, word));
        }
        let symbols = Symbols::of(word)?;
        let all = &symbols.symbols;
        // Without a `*`, a match is as long as the pattern.
        let reach = match self.tokens.contains(&Token::Any) {
            true if all.len() > MAX_LEN / 8 => return None,
            true => all.len(),
            false => self.tokens.len(),
        };
        let mut result = Word::default();
        let (mut from, mut at, mut done) = (0, 0, false);
        while at <= all.len() && !done {
            let window = &all[at..(at + reach).min(all.len())];
            let len = chosen(&self.prefixes(window), true)?;
            if len > 0 {
                result.append(&symbols.slice(from..at));
                result.append(by);
                from = at + len;
                at = from;
                done = which != Which::All;
            } else {
                at += 1;
            }
            done |= which == Which::AtStart;
        }
        result.append(&symbols.slice(from..all.len()));
        Some(result)
    }

    fn ends(&self, word: &Word) -> Option<bool> {
        let symbols = Symbols::of(word)?;
        let backwards: Vec<_> = symbols.symbols.iter().rev().copied().collect();
        let tokens = self.tokens.iter().rev().cloned().collect();
        let ends = chosen(&Self { tokens }.prefixes(&backwards), true)? > 0;
        Some(ends || self.tokens.is_empty())
    }

    /// For each beginning of the symbols, from none of them to all: whether it matches.
    fn prefixes(&self, symbols: &[Option<char>]) -> Vec<Option<bool>> {
        let len = symbols.len();
        let is_hole = |at: usize| symbols[at].is_none();
        // Whether the tokens so far can match, and whether they must.
        let mut may = vec![false; len + 1];
        let mut must = vec![false; len + 1];
        (may[0], must[0]) = (true, true);
        let skip_empty_holes = |may: &mut Vec<bool>| {
            for at in 0..len {
                may[at + 1] |= may[at] && is_hole(at);
            }
        };
        skip_empty_holes(&mut may);
        for token in &self.tokens {
            let mut next_may = vec![false; len + 1];
            let mut next_must = vec![false; len + 1];
            if *token == Token::Any {
                (next_may[0], next_must[0]) = (may[0], must[0]);
                for at in 0..len {
                    next_may[at + 1] = next_may[at] || may[at + 1];
                    next_must[at + 1] = next_must[at] || must[at + 1];
                }
            } else {
                for at in 0..len {
                    match symbols[at] {
                        Some(c) if token.takes(c) => {
                            next_may[at + 1] = may[at];
                            next_must[at + 1] = must[at];
                        }
                        Some(_) => {}
                        None => next_may[at + 1] = may[at] || may[at + 1],
                    }
                }
            }
            skip_empty_holes(&mut next_may);
            (may, must) = (next_may, next_must);
        }
        let state = |(may, must): (bool, bool)| match (may, must) {
            (_, true) => Some(true),
            (false, _) => Some(false),
            _ => None,
        };
        may.into_iter().zip(must).map(state).collect()
    }
}

/// Which matches are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    First,
    All,
    AtStart,
    AtEnd,
}

impl Token {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Char(own) => *own == c,
            Self::One | Self::Any => true,
            Self::Set { negated, ranges } => {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&c)) != *negated
            }
        }
    }
}

/// The set that starts after a `[`, and how many marks it takes.
fn set(marks: &[(char, bool)]) -> Option<(Token, usize)> {
    let negated = matches!(marks.first()?.0, '!' | '^');
    let first = usize::from(negated);
    let mut ranges = Vec::new();
    let mut at = first;
    loop {
        let (c, _) = *marks.get(at)?;
        if c == ']' && at > first {
            return Some((Token::Set { negated, ranges }, at + 1));
        }
        if c == '[' && marks.get(at + 1).is_some_and(|(next, _)| *next == ':') {
            let name: String =
                marks[at + 2..].iter().map(|(c, _)| *c).take_while(|c| *c != ':').collect();
            ranges.extend(class(&name)?);
            at += name.chars().count() + 4;
            continue;
        }
        match (marks.get(at + 1), marks.get(at + 2)) {
            (Some(('-', _)), Some((last, _))) if *last != ']' => {
                ranges.push((c, *last));
                at += 3;
            }
            _ => {
                ranges.push((c, c));
                at += 1;
            }
        }
    }
}

/// `[:digit:]` and its like.
pub fn class(name: &str) -> Option<Vec<(char, char)>> {
    Some(match name {
        "digit" => vec![('0', '9')],
        "lower" => vec![('a', 'z')],
        "upper" => vec![('A', 'Z')],
        "alpha" => vec![('a', 'z'), ('A', 'Z')],
        "alnum" => vec![('a', 'z'), ('A', 'Z'), ('0', '9')],
        "space" => vec![('\t', '\r'), (' ', ' ')],
        "blank" => vec![('\t', '\t'), (' ', ' ')],
        "punct" => vec![('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        _ => return None,
    })
}

/// The length of the shortest or longest beginning that matches, 0 if none does; nothing if that
/// is unknown.
fn chosen(prefixes: &[Option<bool>], longest: bool) -> Option<usize> {
    let mut lens: Box<dyn Iterator<Item = usize>> = match longest {
        true => Box::new((0..prefixes.len()).rev()),
        false => Box::new(0..prefixes.len()),
    };
    match lens.find(|len| prefixes[*len] != Some(false)) {
        Some(len) => prefixes[len].map(|_| len),
        None => Some(0),
    }
}

fn joined(head: &Word, tail: &Word) -> Word {
    let mut word = head.clone();
    word.append(tail);
    word
}

impl<'w> Symbols<'w> {
    pub fn of(word: &'w Word) -> Option<Self> {
        let (mut symbols, mut places) = (Vec::new(), Vec::new());
        for (position, piece) in word.pieces.iter().enumerate() {
            match piece {
                Piece::Hole(_) => {
                    symbols.push(None);
                    places.push((position, 0));
                }
                Piece::Known(text) => {
                    for (at, c) in text.as_str().char_indices() {
                        symbols.push(Some(c));
                        places.push((position, at));
                    }
                }
            }
            if symbols.len() > MAX_LEN {
                return None;
            }
        }
        places.push((word.pieces.len(), 0));
        Some(Self { word, symbols, places })
    }

    /// How many known characters it starts with.
    pub fn known(&self) -> usize {
        self.symbols.iter().take_while(|symbol| symbol.is_some()).count()
    }

    pub fn len(&self) -> usize {
        self.symbols.len()
    }

    /// The character that stands there; nothing for a hole.
    pub fn char(&self, at: usize) -> Option<char> {
        self.symbols.get(at).copied().flatten()
    }

    pub fn slice(&self, range: Range<usize>) -> Word {
        let (first, last) = (self.places[range.start], self.places[range.end.max(range.start)]);
        let mut part = Word::default();
        for (position, piece) in self.word.pieces.iter().enumerate().skip(first.0) {
            match piece {
                _ if position > last.0 => break,
                Piece::Hole(hole) if position < last.0 => part.push(Piece::Hole(hole.clone())),
                Piece::Hole(_) => {}
                Piece::Known(text) => {
                    let from = if position == first.0 { first.1 } else { 0 };
                    let to = if position == last.0 { last.1 } else { text.len() };
                    part.push(Piece::Known(text.slice(from..to)));
                }
            }
        }
        part
    }
}
