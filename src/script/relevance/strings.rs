//! Where the strings of shell text are, so that what stands in them is not taken for commands.

use crate::script::shell::scan;
use std::ops::Range;

/// What a file is called that nobody takes for a script.
const DATA: [&str; 9] = [".yml", ".yaml", ".json", ".html", ".md", ".txt", ".xml", ".css", ".toml"];

/// The strings of a text that stand in no other and run nothing, in their order, each with its
/// quotes, and the heredocs that become files of data. None of a text of which that is not certain:
/// one wrong quote would turn it inside out.
pub(super) fn strings(text: &str) -> Vec<Range<usize>> {
    found(text).unwrap_or_default()
}

fn found(text: &str) -> Option<Vec<Range<usize>>> {
    let bytes = text.as_bytes();
    let (mut found, mut heredocs) = (Vec::new(), Vec::new());
    let (mut at, mut line) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        let start = at;
        match byte {
            b'#' if scan::starts_comment(bytes, at) => {
                at += text[at..].find('\n').unwrap_or(text.len() - at);
            }
            b'"' | b'\'' => {
                at = scan::string_end(text, at)?;
                if *byte == b'\'' || runs_nothing(&text[start..at]) {
                    found.push(start..at);
                }
            }
            b'<' if text[at..].starts_with("<<<") => at += 3,
            b'<' if text[at..].starts_with("<<") => {
                let heredoc = scan::delimiter(text, at);
                at = heredoc.end;
                heredocs.push(heredoc);
            }
            b'\n' => {
                at += 1;
                let is_data = writes_data(&text[line..start]);
                for heredoc in heredocs.drain(..) {
                    let body = at;
                    at = heredoc.body_end(text, body)?;
                    if is_data && (!heredoc.expands || runs_nothing(&text[body..at])) {
                        found.push(body..at);
                    }
                }
                line = at;
            }
            // What stands in it has strings of its own.
            b'$' if text[at..].starts_with("$(") => at += 2,
            _ => at = scan::quoted_or_next(text, at),
        }
    }
    heredocs.is_empty().then_some(found)
}

/// Whether nothing is run in a text that is expanded.
fn runs_nothing(text: &str) -> bool {
    !text.contains("$(") && !text.contains('`')
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
            ("x=$(f \"a\" 'b') \"c\"", vec!["\"a\"", "'b'", "\"c\""]),
            ("x=\"$(case a in a) echo \")\";; esac)\" \"b\"", vec!["\"b\""]),
            ("echo \"a\" `b 'c'` \"`d`\" $'\\'' 'e'", vec!["\"a\"", "'e'"]),
            ("cat <<'END' > \"f\"\nit's \"one\nEND\necho \"x\"", vec!["\"f\"", "\"x\""]),
            ("cat > \"a.yml\" <<END\nb: (c)\nEND\n", vec!["\"a.yml\"", "b: (c)\nEND\n"]),
            ("cat > a.yml <<END\n$(b)\nEND\ncat > a.sh <<END\nb\nEND", vec![]),
            ("cat <<-END\n\tit's\n\tEND\necho 'a\nb'", vec!["'a\nb'"]),
            ("echo ${{ a == 'b' }} \"${{ c }}\" $((1 + 2)) '$('", vec!["\"${{ c }}\"", "'$('"]),
            ("[ \"${#x}\" = \"$#\" ] && cat <<< \"here\"", vec!["\"${#x}\"", "\"$#\"", "\"here\""]),
            ("echo \"${x:-\"y\"}\" 'z'", vec!["\"${x:-\"y\"}\"", "'z'"]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn where_it_is_not_certain_there_are_none() {
        for text in
            ["echo \"a\" don't", "echo 'a' \"b\\\"", "cat <<END \"a\"\nb", "echo \"a\" \"$(b \"c\""]
        {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
