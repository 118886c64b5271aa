use serde::Deserialize;
use serde_saphyr::Spanned;

/// A rule of a team's own, as it stands in `tagout.yml` or in a file of `--rules`; the same as in
/// `rules/policy.yml`, which comes with tagout. Its words are checked where rules are known.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenRule {
    pub rule: Spanned<String>,
    /// What it is about, in one line.
    pub title: String,
    /// Kinds of `rules/resources.yml`.
    pub resource: Vec<Spanned<String>>,
    #[serde(default)]
    pub verb: Vec<Spanned<String>>,
    #[serde(default)]
    pub scope: Vec<Spanned<String>>,
    /// Names, of which every target must match one; `*` matches any text.
    #[serde(default)]
    pub targets: Vec<String>,
    pub level: Spanned<String>,
    #[serde(default)]
    pub ephemeral: Option<Spanned<String>>,
    pub says: String,
    #[serde(default)]
    pub help: Option<String>,
    /// Lines of shell that it finds or does not.
    #[serde(default)]
    pub examples: Vec<WrittenExample>,
}

/// `{bad: …}` is found by its rule, `{good: …}` is not.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WrittenExample {
    Bad(Spanned<String>),
    Good(Spanned<String>),
}
