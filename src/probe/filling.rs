use crate::config::EnvText;
use std::path::PathBuf;

/// What a probe gets from around it: the environment, which fills its texts in, and the folder
/// that its paths start from. It keeps what it filled in, so that none of it is ever printed.
pub struct Filling {
    pub folder: PathBuf,
    secrets: Vec<Secret>,
}

struct Secret {
    name: String,
    value: String,
}

/// Shorter values are not hidden: they would be found by chance all over a message.
const SHORTEST: usize = 4;

impl Filling {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, secrets: Vec::new() }
    }

    /// The text with its variables filled in; the error names one that is not set.
    pub fn fill(&mut self, text: &EnvText) -> Result<String, String> {
        let value_of = |name: &str| std::env::var(name).ok();
        for name in text.variables() {
            let value = value_of(name).unwrap_or_default();
            self.keep_secret(name, &value);
        }
        text.fill(value_of)
    }

    /// Never prints the password in a URL, wherever it comes from.
    pub fn hide_password_of(&mut self, url: &str) {
        let parsed = url::Url::parse(url).ok();
        let written = parsed.as_ref().and_then(url::Url::password).unwrap_or_default();
        self.keep_secret("a password", written);
    }

    /// Never prints `value`; a message has `name` instead.
    pub fn keep_secret(&mut self, name: &str, value: &str) {
        // Messages show texts with their quotes and backslashes escaped.
        let escaped = value.escape_debug().to_string();
        for value in [escaped, value.to_owned()] {
            if value.chars().count() >= SHORTEST {
                self.secrets.push(Secret { name: name.to_owned(), value });
            }
        }
    }

    /// The message with every value that was filled in put back to its placeholder, also one
    /// that is cut off by `…`.
    pub fn hide(&self, message: &str) -> String {
        self.secrets.iter().fold(message.to_owned(), |message, Secret { name, value }| {
            let placeholder = format!("${{env:{name}}}");
            let whole = message.replace(value, &placeholder);
            let mut parts = whole.split('…');
            let first = parts.next().unwrap_or_default();
            let mut hidden =
                without_start_of(first, value, &placeholder, parts.clone().count() > 0);
            let last = parts.clone().count();
            for (at, part) in parts.enumerate() {
                hidden.push('…');
                hidden.push_str(&without_start_of(part, value, &placeholder, at + 1 < last));
            }
            hidden
        })
    }
}

/// `text` without a beginning of `value` at its end, if it is `cut` off there.
fn without_start_of(text: &str, value: &str, placeholder: &str, cut: bool) -> String {
    let starts = value.char_indices().map(|(at, _)| &value[..at]).skip(SHORTEST);
    let longest = starts.filter(|start| cut && text.ends_with(start)).last();
    match longest {
        Some(start) => format!("{}{placeholder}", &text[..text.len() - start.len()]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_filled_in_is_never_shown_not_even_in_part() {
        let mut filling = Filling::new(PathBuf::new());
        filling.secrets.push(Secret { name: "TOKEN".into(), value: "s3cret-value".into() });
        assert_eq!(filling.hide("a s3cret-value, b"), "a ${env:TOKEN}, b");
        assert_eq!(filling.hide("body is \"x s3cret-v…, y…"), "body is \"x ${env:TOKEN}…, y…");
        assert_eq!(filling.hide("s3cret"), "s3cret");
    }
}
