//! Where the strings of shell text are, so that what stands in them is not taken for commands.

use std::ops::Range;

/// What a file is called that nobody takes for a script.
const DATA: [&str; 9] = [".yml", ".yaml", ".json", ".html", ".md", ".txt", ".xml", ".css", ".toml"];

/// The strings of a text that stand in no other and run nothing, in their order, each with its
/// quotes, and the heredocs that become files of data. None of a text of which that is not certain:
/// one wrong quote would turn it inside out.
pub(super) fn strings(text: &str) -> Vec<Range<usize>> {
    let mut lexer = Lexer { text, at: 0, found: Vec::new(), awaited: Vec::new() };
    lexer.commands(false).map(|()| lexer.found).unwrap_or_default()
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    found: Vec<Range<usize>>,
    /// The last lines of the heredocs that start after this line.
    awaited: Vec<Heredoc<'t>>,
}

struct Heredoc<'t> {
    end: &'t str,
    is_quoted: bool,
    may_be_indented: bool,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Passes over commands, up to the end of the text or of the substitution that they stand in.
    fn commands(&mut self, substituted: bool) -> Option<()> {
        let mut depth = 0_usize;
        while let Some(&byte) = self.text.as_bytes().get(self.at) {
            let start = self.at;
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'\'' => {
                    self.at += self.rest().find('\'')? + 1;
                    self.found.push(start..self.at);
                }
                b'"' => {
                    let before = self.found.len();
                    let runs_nothing = self.string()?;
                    self.found.truncate(before);
                    if runs_nothing {
                        self.found.push(start..self.at);
                    }
                }
                b'`' => return None,
                b'$' if self.rest().starts_with('\'') => return None,
                b'$' if self.rest().starts_with("{{") => self.at += self.rest().find("}}")? + 2,
                b'#' if self.is_word_start(start) => {
                    self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                }
                // The brackets of its patterns do not come in pairs.
                b'c' if substituted
                    && self.is_word_start(start)
                    && self.rest().starts_with("ase ") =>
                {
                    return None;
                }
                b'(' => depth += 1,
                b')' if substituted && depth == 0 => return Some(()),
                b')' => depth = depth.saturating_sub(1),
                b'<' if self.rest().starts_with("<<") => self.at += 2,
                b'<' if self.rest().starts_with('<') => self.heredoc()?,
                b'\n' => self.pass_heredocs()?,
                _ => {}
            }
        }
        (!substituted && self.awaited.is_empty()).then_some(())
    }

    /// Passes over the string whose opening quote was just read; whether it runs nothing.
    fn string(&mut self) -> Option<bool> {
        let mut runs_nothing = true;
        loop {
            self.at += self.rest().find(['"', '\\', '`', '$'])? + 1;
            let rest = self.rest();
            match self.text.as_bytes()[self.at - 1] {
                b'"' => return Some(runs_nothing),
                b'\\' => self.at += 1,
                b'`' => return None,
                _ if rest.starts_with("{{") => self.at += rest.find("}}")? + 2,
                _ if rest.starts_with('{') => {
                    let inner = &rest[..rest.find('}')?];
                    // Quotes have meanings of their own there.
                    if inner.contains(['"', '\'', '\\', '`', '$']) {
                        return None;
                    }
                    self.at += inner.len() + 1;
                }
                _ if rest.starts_with('(') => {
                    self.at += 1;
                    self.commands(true)?;
                    runs_nothing = false;
                }
                _ => {}
            }
        }
    }

    fn is_word_start(&self, at: usize) -> bool {
        let before = self.text[..at].bytes().next_back();
        before.is_none_or(|before| before.is_ascii_whitespace() || b";&|()".contains(&before))
    }

    /// Notes the heredoc of which `<` was just read twice.
    fn heredoc(&mut self) -> Option<()> {
        self.at += 1;
        let may_be_indented = self.rest().starts_with('-');
        self.at += usize::from(may_be_indented);
        let word = self.rest().trim_start_matches([' ', '\t']);
        self.at += self.rest().len() - word.len();
        let quoted = word.strip_prefix(['"', '\'', '\\']).unwrap_or(word);
        let end = &quoted
            [..quoted.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(quoted.len())];
        let quotes = word.len() - quoted.len();
        let closes = usize::from(quotes > 0 && !word.starts_with('\\'));
        self.at += quotes + end.len() + closes;
        self.awaited.push(Heredoc { end, is_quoted: quotes > 0, may_be_indented });
        (!end.is_empty()).then_some(())
    }

    /// Passes over the heredocs of the line that was just read.
    fn pass_heredocs(&mut self) -> Option<()> {
        let line = self.text[..self.at].lines().next_back().unwrap_or_default();
        for heredoc in std::mem::take(&mut self.awaited) {
            let start = self.at;
            loop {
                let line = self.rest().split_inclusive('\n').next()?;
                self.at += line.len();
                let line = line.strip_suffix('\n').unwrap_or(line);
                let indent = if heredoc.may_be_indented { '\t' } else { '\n' };
                if line.trim_start_matches(indent) == heredoc.end {
                    break;
                }
            }
            let body = &self.text[start..self.at];
            let runs_nothing = heredoc.is_quoted || !body.contains("$(") && !body.contains('`');
            if runs_nothing && writes_data(line) {
                self.found.push(start..self.at);
            }
        }
        Some(())
    }
}

/// Whether a line is `cat > FILE <<END`, of a file that is no script.
fn writes_data(line: &str) -> bool {
    let file = line.trim_start().strip_prefix("cat ").and_then(|rest| rest.split_once('>'));
    let name = file.and_then(|(_, name)| name.trim_start_matches(['>', ' ']).split(' ').next());
    let ends = |name: &str| DATA.iter().any(|ending| name.ends_with(ending));
    !line.contains('|') && name.is_some_and(|name| ends(name.trim_matches(['"', '\''])))
}

#[cfg(test)]
mod tests {
    use super::strings;

    fn found(text: &str) -> Vec<&str> {
        strings(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn strings_are_found_and_nothing_else_is() {
        for (text, expected) in [
            ("echo \"a (b)\" 'c; d'", vec!["\"a (b)\"", "'c; d'"]),
            (
                "log \"it's\" \"\\\"x\\\"\" # don't\nlog 'y'",
                vec!["\"it's\"", "\"\\\"x\\\"\"", "'y'"],
            ),
            ("x=\"$(f \"a\" 'b')\" \"c\"", vec!["\"c\""]),
            ("cat <<'END' > \"f\"\nit's \"one\nEND\necho \"x\"", vec!["\"f\"", "\"x\""]),
            ("cat > \"a.yml\" <<END\nb: (c)\nEND\n", vec!["\"a.yml\"", "b: (c)\nEND\n"]),
            ("cat > a.yml <<END\n$(b)\nEND\ncat > a.sh <<END\nb\nEND", vec![]),
            ("cat <<-END\n\tit's\n\tEND\necho 'a\nb'", vec!["'a\nb'"]),
            ("echo ${{ a == 'b' }} \"${{ c }}\" $((1 + 2)) '$('", vec!["\"${{ c }}\"", "'$('"]),
            ("[ \"${#x}\" = \"$#\" ] && cat <<< \"here\"", vec!["\"${#x}\"", "\"$#\"", "\"here\""]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn where_it_is_not_certain_there_are_none() {
        for text in [
            "echo \"a\" don't",
            "echo \"a\" `b`",
            "echo $'\\'' \"a\"",
            "echo \"${x:-\"y\"}\"",
            "x=\"$(case a in a) echo \")\";; esac)\" \"b\"",
            "cat <<END \"a\"\nb",
            "echo \"$(a \"b\"",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
