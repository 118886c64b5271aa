use crate::source::Language;
use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, de::Error};

/// An action of which an input is code: an entry of `actions` in `tagout.yml`, or of
/// `rules/actions.yml`, which comes with tagout and says the same in examples.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// The action, without its version; `*` matches any text. Case does not count.
    pub uses: String,
    /// The inputs that are code, each a script of its own.
    #[serde(default)]
    pub inputs: Vec<String>,
    /// The inputs that name files of the repository which are run.
    #[serde(default)]
    pub files: Vec<String>,
    /// The command that the action is, with `{input}` where an input stands in it.
    #[serde(default)]
    pub command: Option<String>,
    /// The values that inputs must have for any of it to run.
    #[serde(default)]
    pub when: IndexMap<String, String>,
    /// The inputs that name another action and what it is given.
    #[serde(default)]
    pub nests: Option<NestedInputs>,
    #[serde(default = "shell")]
    pub language: Language,
    /// The input that names the shell, as `shell:` does for `run:`.
    #[serde(default)]
    pub shell: Option<String>,
    /// The machine it runs on; without it, it runs where the job does.
    #[serde(default)]
    pub remote: Option<RemoteInputs>,
    /// It runs in a container or machine of its own, which is thrown away, unless one of these
    /// inputs is there, which can give it something of the host.
    #[serde(default)]
    pub apart_without: Option<Vec<String>>,
    /// The input that lists the variables which the remote machine is given.
    #[serde(default)]
    pub passes_env: Option<String>,
    /// Inputs may also be given as environment variables.
    #[serde(default)]
    pub or_env: bool,
    #[serde(default)]
    pub example: Option<Example>,
}

/// The inputs that name a remote machine.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteInputs {
    pub host: String,
    #[serde(default)]
    pub user: Option<String>,
}

/// The inputs of an action that runs another one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NestedInputs {
    /// The input that says which one, as `uses:` does.
    pub uses: String,
    /// The input that holds its inputs, as YAML.
    pub with: String,
}

/// A use of the action in a job on `ubuntu-latest`, and the script that comes of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub with: IndexMap<String, String>,
    pub code: String,
    pub place: String,
}

fn shell() -> Language {
    Language::Shell
}

/// Actions, each of which says something.
pub(super) fn actions<'de, D: Deserializer<'de>>(list: D) -> Result<Vec<Action>, D::Error> {
    let actions = Vec::<Action>::deserialize(list)?;
    match actions.iter().find(|action| action.says_nothing()) {
        None => Ok(actions),
        Some(action) => Err(Error::custom(format!(
            "nothing of `{}` is said to be code; give `inputs`, `files`, `command` or `nests`",
            action.uses
        ))),
    }
}

impl Action {
    fn says_nothing(&self) -> bool {
        let names_no_input = self.inputs.is_empty() && self.files.is_empty();
        names_no_input && self.command.is_none() && self.nests.is_none()
    }
}

#[cfg(test)]
mod tests {
    use crate::config::parse;
    use miette::Diagnostic;
    use std::path::Path;

    /// What is wrong with a configuration, and its line and column.
    fn mistake(text: &str) -> String {
        let error = parse(Path::new("tagout.yml"), text).unwrap_err();
        let at = error.labels().unwrap().next().unwrap().offset();
        let line = text[..at].matches('\n').count() + 1;
        let column = at - text[..at].rfind('\n').map_or(0, |newline| newline + 1) + 1;
        format!("{line}:{column} {error}")
    }

    #[test]
    fn a_mistake_in_an_action_is_told_at_its_place() {
        let action = |fields: &str| format!("version: 1\nactions:\n  - uses: a/b\n{fields}");
        insta::assert_snapshot!(mistake(&action("    input: [x]\n")), @"
        4:5 the key `input` is not known here; did you mean `inputs`?
        there are `uses`, `inputs`, `files`, `command`, `when`, `nests`, `language`, `shell`, `remote`, `apart_without`, `passes_env`, `or_env` and `example`
        ");
        insta::assert_snapshot!(mistake(&action("    inputs: [x]\n    language: perl\n")), @"5:15 unknown variant `perl`, expected one of shell, javascript, python, powershell, batch");
        insta::assert_snapshot!(mistake(&action("    language: shell\n")), @"3:3 nothing of `a/b` is said to be code; give `inputs`, `files`, `command` or `nests`");
    }
}
