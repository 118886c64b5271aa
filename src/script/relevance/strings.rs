//! Where the strings of shell text are, so that what stands in them is not taken for commands.

use crate::script::shell::scan;
use std::ops::Range;

/// What a file is called that nobody takes for a script.
const DATA: [&str; 9] = [".yml", ".yaml", ".json", ".html", ".md", ".txt", ".xml", ".css", ".toml"];

/// The files by which a step tells the runner something.
const RUNNERS: [&str; 5] =
    ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH", "GITHUB_STATE"];

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
                let is_data = !heredocs.is_empty() && is_of_data(&text[line..start]);
                for heredoc in heredocs.drain(..) {
                    let body = at;
                    at = heredoc.body_end(text, body)?;
                    match heredoc.expands {
                        _ if !is_data => {}
                        true => found.extend(around_substitutions(text, body..at)),
                        false => found.push(body..at),
                    }
                }
                line = at;
            }
            // What stands in it has strings of its own.
            b'$' if text[at..].starts_with("$(") => at += 2,
            b'$' | b'`' | b'\\' => at = scan::quoted_or_next(text, at),
            _ => {
                let rest = &bytes[at + 1..];
                at += 1 + rest.iter().position(is_special).unwrap_or(rest.len());
            }
        }
    }
    heredocs.is_empty().then_some(found)
}

/// Whether more than the next byte may start here.
fn is_special(byte: &u8) -> bool {
    matches!(byte, b'#' | b'"' | b'\'' | b'<' | b'\n' | b'$' | b'`' | b'\\')
}

/// Whether nothing is run in a text that is expanded.
fn runs_nothing(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(len) = memchr::memchr3(b'\\', b'`', b'$', &bytes[at.min(bytes.len())..]) {
        at += len;
        match bytes[at] {
            b'\\' if !bytes[at + 1..].starts_with(b"$(") => at += 2,
            b'$' if bytes.get(at + 1) != Some(&b'(') => at += 1,
            _ => return false,
        }
    }
    true
}

/// What is data of the body of a heredoc: all but the `$(…)` in it, which have strings of their own.
/// Nothing if something else is run in it.
fn around_substitutions(text: &str, body: Range<usize>) -> Vec<Range<usize>> {
    let (mut found, mut from, mut at) = (Vec::new(), body.start, body.start);
    while let Some(len) = text[at..body.end].find(['\\', '`', '$']) {
        at += len;
        match text.as_bytes()[at] {
            b'\\' => at = text.ceil_char_boundary(at + 2).min(body.end),
            b'`' => return Vec::new(),
            _ if text[at..].starts_with("$(") => {
                found.push(from..at);
                let end = scan::dollar(text, at).min(body.end);
                let inside = strings(&text[at + 2..end]).into_iter();
                found.extend(inside.map(|string| string.start + at + 2..string.end + at + 2));
                (from, at) = (end, end);
            }
            _ => at += 1,
        }
    }
    found.push(from..body.end);
    found
}

/// Whether a line is `cat <<END`, and what it prints is taken as it is or goes to a file that is no
/// script.
fn is_of_data(line: &str) -> bool {
    let command = line.rsplit_once("$(").map_or(line, |(_, command)| command);
    let Some(words) = command.trim_start().strip_prefix("cat ") else { return false };
    let file = words.split_once('>').map(|(_, file)| file.trim_start_matches(['>', ' ']));
    let name = file.and_then(|file| file.split(' ').next());
    !line.contains('|') && name.is_none_or(is_data)
}

fn is_data(name: &str) -> bool {
    DATA.iter().any(|ending| name.trim_matches(['"', '\'']).ends_with(ending))
}

/// Whether nothing that a text writes can be taken for a script by a later step.
pub(super) fn writes_only_data(text: &str) -> bool {
    let is_told = |after: &str| {
        let file = after.trim_start_matches(['>', '|', '&', ' ']);
        let file = file.strip_prefix("-a ").unwrap_or(file);
        let name = file.split([' ', '\n', ';', ')', '|', '&']).next().unwrap_or_default();
        let variable = name.trim_matches(['"', '$', '{', '}']);
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        is_number || is_data(name) || name == "/dev/null" || RUNNERS.contains(&variable)
    };
    let redirected = text.match_indices('>').map(|(at, _)| &text[at..]);
    let copied = memchr::memmem::find_iter(text.as_bytes(), "tee ").map(|at| &text[at + 4..]);
    redirected.chain(copied).all(is_told)
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
            ("echo \"run \\`a b\\`\" \"\\\\`c`\"", vec!["\"run \\`a b\\`\""]),
            ("x=$(f \"a\" 'b') \"c\"", vec!["\"a\"", "'b'", "\"c\""]),
            ("x=\"$(case a in a) echo \")\";; esac)\" \"b\"", vec!["\"b\""]),
            ("echo \"a\" `b 'c'` \"`d`\" $'\\'' 'e'", vec!["\"a\"", "'e'"]),
            ("cat <<'END' > \"f\"\nit's \"one\nEND\necho \"x\"", vec!["\"f\"", "\"x\""]),
            ("cat > \"a.yml\" <<END\nb: (c)\nEND\n", vec!["\"a.yml\"", "b: (c)\nEND\n"]),
            ("cat > a.yml <<END\n`b`\nEND\ncat > a.sh <<END\nb\nEND", vec![]),
            ("x=$(cat <<END\na $(b 'c') \\`d\nEND\n)", vec!["a ", "'c'", " \\`d\nEND\n"]),
            ("cat <<-END\n\tit's\n\tEND\necho 'a\nb'", vec!["\tit's\n\tEND\n", "'a\nb'"]),
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
