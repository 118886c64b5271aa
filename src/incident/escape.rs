//! Names and messages come from elsewhere; what would be Markdown or HTML in them is made plain.

/// Text as code, on one line, in a table or out of it.
pub fn code(text: &str) -> String {
    let text = one_line(text).replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Lines as a block of code.
pub fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}\n{text}\n{fence}")
}

/// Text as text, on one line, in a table or out of it.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '<' => plain.push_str("&lt;"),
            '&' => plain.push_str("&amp;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' => plain.extend(['\\', c]),
            _ => plain.push(c),
        }
    }
    plain
}

fn one_line(text: &str) -> String {
    text.split(['\n', '\r', '\t'])
        .filter(|line| !line.trim().is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_write_markdown() {
        assert_eq!(code("a|b"), r"`a\|b`");
        assert_eq!(code("echo `id`"), "`` echo `id` ``");
        assert_eq!(code("a\n\nb"), "`a b`");
        assert_eq!(fenced("a\n```\n# b"), "````\na\n```\n# b\n````");
        assert_eq!(plain("<img src=x> | [a](b) & *"), r"&lt;img src=x> \| \[a\](b) &amp; \*");
    }
}
