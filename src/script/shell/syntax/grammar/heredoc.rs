use super::super::Heredoc;
use crate::{script::shell::scan, source::expressions};
use std::{collections::HashMap, ops::Range};

/// A script without its heredocs and expressions, of the same length, for the parser.
pub struct Prepared {
    /// Each `<<EOF` is a redirection `<___`, each body blank, each `${{ … }}`, `$(…)`, `<(…)`, `\x`,
    /// `[` and `]`, what is in quotes and the braces of `{a,b}` underscores.
    pub code: String,
    /// By the position of the `<<`.
    pub heredocs: HashMap<usize, Heredoc>,
}

/// Takes heredoc bodies, expressions and what words expand out of a script. tree-sitter-bash reads
/// several forms wrongly (`<<A <<B`, `<<EOF bash`, text after the delimiter, `case` in `"$(…)"`), and
/// knows no expressions.
pub fn prepare(source: &str) -> Prepared {
    let mut prepared = Prepared { code: hide_expressions(source), heredocs: HashMap::new() };
    if source.contains(['<', '>', '$', '`', '\'', '"']) {
        Taker { source, prepared: &mut prepared, pending: Vec::new() }.run();
    }
    if source.contains(['[', '{', '\\']) {
        hide_brackets(&mut prepared.code);
    }
    prepared
}

/// The end of the brace expansion that starts at `at`, if one does: tree-sitter-bash takes
/// `{a,b}` for a group.
fn brace_expansion(code: &str, at: usize) -> Option<usize> {
    let before = at.checked_sub(1).and_then(|before| code.as_bytes().get(before));
    let len = code[at..].find(char::is_whitespace).unwrap_or(code.len() - at);
    let word = &code[..at + len];
    let end = scan::brace(word, at + 1);
    let inner = word.get(at + 1..end).filter(|_| end < word.len() && before != Some(&b'$'))?;
    (inner.contains(',') || inner.contains("..")).then_some(end)
}

/// Makes plain words of brace expansions, of what backslashes escape or join, and of each `[` and
/// `]` that is one: to the shell, `[` is a command like any other, but tree-sitter-bash looks for
/// the last `]` it can find, many lines on.
fn hide_brackets(code: &mut String) {
    let bytes = code.as_bytes();
    let is_edge = |at: Option<usize>| match at.and_then(|at| bytes.get(at)) {
        None => true,
        Some(byte) => {
            byte.is_ascii_whitespace() || matches!(byte, b';' | b'&' | b'|' | b'(' | b')')
        }
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'#' if scan::starts_comment(bytes, at) => {
                at = code[at..].find('\n').map_or(bytes.len(), |line| at + line);
            }
            b'[' | b']' if is_edge(at.checked_sub(1)) && is_edge(Some(at + 1)) => {
                found.push(at);
                at += 1;
            }
            // `\ ` would be taken for a blank, and `\x` on a new line for more of the line before.
            b'\\' if bytes.get(at + 1).is_some_and(|next| next.is_ascii() && *next != b'\n') => {
                found.extend([at, at + 1]);
                at += 2;
            }
            // A word that goes on after a line break.
            b'\\'
                if bytes.get(at + 1) == Some(&b'\n')
                    && !is_edge(at.checked_sub(1))
                    && !is_edge(Some(at + 2)) =>
            {
                found.extend([at, at + 1]);
                at += 2;
            }
            b'{' => {
                if let Some(end) = brace_expansion(code, at) {
                    found.extend([at, end]);
                }
                at += 1;
            }
            _ => at = scan::quoted_or_next(code, at),
        }
    }
    for at in found {
        code.replace_range(at..at + 1, "_");
    }
}

fn hide_expressions(source: &str) -> String {
    let mut code = source.to_owned();
    for expression in expressions(source) {
        let stand_in = "_".repeat(expression.range.len());
        code.replace_range(expression.range, &stand_in);
    }
    code
}

struct Taker<'a> {
    source: &'a str,
    prepared: &'a mut Prepared,
    /// The heredocs of the line, each with the position of its `<<`.
    pending: Vec<(usize, scan::Delimiter)>,
}

impl Taker<'_> {
    fn run(&mut self) {
        let source = self.source;
        let bytes = source.as_bytes();
        // The depth of the brackets of arithmetic, in which `<<` shifts.
        let (mut at, mut arithmetic) = (0, 0usize);
        while at < bytes.len() {
            match bytes[at] {
                b'\n' => {
                    at += 1;
                    at = self.take_bodies(at);
                }
                b'#' if scan::starts_comment(bytes, at) => {
                    at = source[at..].find('\n').map_or(bytes.len(), |line| at + line);
                }
                b'<' if source[at..].starts_with("<<<") => at += 3,
                b'<' if bytes.get(at + 1) == Some(&b'<') && arithmetic == 0 => {
                    at = self.operator(at);
                }
                b'(' if source[at..].starts_with("((") => {
                    arithmetic += 1;
                    at += 2;
                }
                b')' if arithmetic > 0 && source[at..].starts_with("))") => {
                    arithmetic -= 1;
                    at += 2;
                }
                b'<' | b'>' if bytes.get(at + 1) == Some(&b'(') && arithmetic == 0 => {
                    at = self.hide(at, 0, scan::parenthesis(source, at + 2));
                }
                b'$' | b'`' | b'\'' | b'"' => at = self.expansion(at),
                _ => at = scan::quoted_or_next(source, at),
            }
        }
    }

    /// Hides what is quoted or expanded at `at`: its words are read apart. Gives the position after
    /// it.
    fn expansion(&mut self, at: usize) -> usize {
        let source = self.source;
        if let Some(end) = scan::expression(source, at) {
            return end;
        }
        match &source.as_bytes()[at..] {
            [b'\'', ..] => self.hide(at, 1, scan::single_quote(source, at + 1)),
            [b'"', ..] => self.hide(at, 1, scan::double_quote(source, at + 1)),
            [b'`', ..] => self.hide(at, 0, scan::backtick(source, at + 1)),
            [b'$', b'\'', ..] => self.hide(at, 2, scan::ansi_quote(source, at + 2)),
            [b'$', b'{', ..] => self.hide(at, 2, scan::parameter(source, at + 2)),
            [b'$', b'(', ..] => self.hide(at, 0, scan::parenthesis(source, at + 2)),
            _ => at + 1,
        }
    }

    /// Makes underscores of what starts at `at` and ends with the byte at `end`, except of the
    /// marks around it if those at its start are that long; gives the position after it.
    fn hide(&mut self, at: usize, mark: usize, end: usize) -> usize {
        match (end < self.source.len(), mark) {
            (true, 0) => self.stand_in(at..end + 1),
            (true, mark) => self.stand_in(at + mark..end),
            // It does not end: what runs in it is code still.
            (false, 0) => return at + 1,
            (false, _) => return end,
        }
        end + 1
    }

    fn stand_in(&mut self, range: Range<usize>) {
        let len = range.len();
        self.prepared.code.replace_range(range, &"_".repeat(len));
    }

    /// Notes the heredoc whose `<<` stands at `at`; gives the position after its delimiter.
    fn operator(&mut self, at: usize) -> usize {
        let delimiter = scan::delimiter(self.source, at);
        let end = delimiter.end;
        if !delimiter.text.is_empty() || !delimiter.expands {
            let stand_in = format!("<{}", "_".repeat(end - at - 1));
            self.prepared.code.replace_range(at..end, &stand_in);
            self.pending.push((at, delimiter));
        }
        end
    }

    /// Takes the bodies that start on the line at `from`; gives the position after them.
    fn take_bodies(&mut self, mut from: usize) -> usize {
        let source = self.source;
        for (position, delimiter) in std::mem::take(&mut self.pending) {
            let start = from;
            let (body, end) = delimiter.body(source, start);
            from = end;
            blank(&mut self.prepared.code, start, from);
            let scan::Delimiter { expands, strips_tabs, .. } = delimiter;
            self.prepared.heredocs.insert(position, Heredoc { body, expands, strips_tabs });
        }
        from
    }
}

/// Replaces all but line breaks by blanks.
fn blank(code: &mut String, from: usize, to: usize) {
    let blanks: String =
        code[from..to].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    code.replace_range(from..to, &blanks);
}

/// A script without heredocs and without what is quoted or expanded in its words.
#[cfg(test)]
pub fn without_words(source: &str) -> String {
    let mut prepared = Prepared { code: source.to_owned(), heredocs: HashMap::new() };
    Taker { source, prepared: &mut prepared, pending: Vec::new() }.run();
    prepared.code
}

#[cfg(test)]
mod tests {
    use super::super::line_ends::end_lines;
    use super::*;
    use crate::source::Text;

    fn prepared(source: &str) -> (String, Vec<(String, bool)>) {
        let mut text = Text::default();
        text.push_made_up(source, None);
        let mut prepared = prepare(source);
        end_lines(&mut prepared.code);
        assert_eq!(prepared.code.len(), source.len());
        let mut bodies: Vec<_> = prepared.heredocs.into_iter().collect();
        bodies.sort_by_key(|(at, _)| *at);
        let bodies =
            bodies.into_iter().map(|(_, h)| (h.text(&text).as_str().to_owned(), h.expands));
        (prepared.code.split_whitespace().collect::<Vec<_>>().join(" "), bodies.collect())
    }

    #[test]
    fn two_heredocs_on_one_line_are_both_taken_out() {
        let (code, bodies) = prepared("cat <<A <<'B' >/dev/null\na\nA\npm2 delete all\nB\nls\n");
        assert_eq!(code, "cat <__ <____ >/dev/null; ls;");
        assert_eq!(bodies, [("a\n".into(), true), ("pm2 delete all\n".into(), false)]);
    }

    #[test]
    fn code_after_the_delimiter_stays() {
        let (code, bodies) =
            prepared("ssh h <<EOF 2>&1 | tee x\nls\nEOF\ncat <<-'X'; rm y\n\tz\n\tX\n");
        assert_eq!(code, "ssh h <____ 2>&1 | tee x; cat <_____; rm y;");
        assert_eq!(bodies, [("ls\n".into(), true), ("z\n".into(), false)]);
    }

    #[test]
    fn shifts_quotes_comments_and_here_strings_are_no_heredocs() {
        let (_, bodies) = prepared("echo $((1 << 2)) '<<A' \"<<B\" # <<C\ncat <<< x\n((x << 1))\n");
        assert_eq!(bodies, []);
    }

    #[test]
    fn a_heredoc_inside_a_substitution_is_left_to_it() {
        let (code, bodies) = prepared("X=\"$(cat <<EOF\nhello\nEOF\n)\"\nls");
        assert_eq!(bodies, []);
        assert_eq!(code, "X=\"_______________________\";ls");
    }

    #[test]
    fn brackets_that_are_words_become_plain_words() {
        assert_eq!(
            prepared("[ $# -gt 1 ]&&[[ a ]]; x[ 1 ] '[ ' # [ ]").0,
            "_ $# -gt 1 _&&[[ a ]]; x[ 1 _ '__'"
        );
    }

    #[test]
    fn expressions_become_placeholders_of_the_same_length() {
        assert_eq!(prepared("pm2 delete ${{ inputs.app }}").0, "pm2 delete _________________");
    }
}
