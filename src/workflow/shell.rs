use crate::source::{Language, program_name};

/// What a `shell:` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shell {
    pub language: Language,
    /// It is a command of its own around the script (`sudo bash {0}`), not just an interpreter.
    pub is_command: bool,
    /// The machine to which its `ssh` carries the script.
    pub remote: Option<String>,
}

impl Shell {
    /// Reads a `shell:` value: a name (`bash`) or a template (`bash -e {0}`).
    ///
    /// Of a template that is a command, the language is that of the last interpreter that it
    /// names, and the place is that of its first `ssh`.
    pub fn parse(shell: &str) -> Self {
        let words: Vec<&str> =
            shell.split_whitespace().map(|w| w.trim_matches(['"', '\'', ';'])).collect();
        let first = words.first().and_then(|word| Language::of_interpreter(word));
        let named = words.iter().rev().find_map(|word| Language::of_interpreter(word));
        let plain = match first {
            Some(Language::Shell) => takes_only_the_script(&words[1..]),
            Some(_) => true,
            None => words.is_empty(),
        };
        let language = first.filter(|_| plain).or(named);
        Self {
            language: language.unwrap_or_else(|| unknown_interpreter(&words)),
            is_command: !plain,
            remote: ssh_destination(&words).map(str::to_owned),
        }
    }
}

/// The language of a template that names no known interpreter.
fn unknown_interpreter(words: &[&str]) -> Language {
    /// How the shells are called that actions install: `alpine.sh`, `micromamba-shell`.
    const SHELLS: [&str; 4] = ["sh", "shell", "msys2", "bsd"];
    match words {
        [program, "{0}"] if !SHELLS.iter().any(|end| program.ends_with(end)) => Language::Unknown,
        _ => Language::Shell,
    }
}

/// Whether these arguments of a shell are its options and the script.
fn takes_only_the_script(arguments: &[&str]) -> bool {
    let mut takes_value = false;
    arguments.iter().all(|word| {
        let option = word.starts_with(['-', '+']);
        let fine = (option && !runs_text(word)) || takes_value || *word == "{0}";
        takes_value = option && !word.starts_with("--") && word.ends_with(['o', 'O']);
        fine
    })
}

/// Whether an option is `-c`, alone or with others (`-lc`).
fn runs_text(option: &str) -> bool {
    !option.starts_with("--") && option.contains('c')
}

/// The destination of the first `ssh`.
fn ssh_destination<'a>(words: &[&'a str]) -> Option<&'a str> {
    let mut words = words.iter();
    words.find(|word| program_name(word) == "ssh")?;
    while let Some(word) = words.next() {
        match word.strip_prefix('-') {
            None => return Some(word),
            // An option of ssh that has its value in the next word.
            Some(option) if option.len() == 1 && "BbcDEeFIiJLlmOoPpQRSWw".contains(option) => {
                words.next();
            }
            Some(_) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{Batch, JavaScript, PowerShell, Python, Shell as Sh};

    #[test]
    fn a_shell_is_an_interpreter_or_a_command_around_the_script() {
        for (shell, language, is_command) in [
            ("bash", Sh, false),
            ("sh", Sh, false),
            ("bash -e {0}", Sh, false),
            ("bash --noprofile --norc -eo pipefail {0}", Sh, false),
            ("/bin/bash -l {0}", Sh, false),
            ("bash -o errexit -O extglob {0}", Sh, false),
            ("python", Python, false),
            ("/usr/bin/python3.12 {0}", Python, false),
            ("pwsh", PowerShell, false),
            (r#"pwsh -command ". '{0}'""#, PowerShell, false),
            (r#"%ComSpec% /D /S /C "CALL "{0}"""#, Sh, true),
            (r#"cmd /D /S /C "CALL "{0}"""#, Batch, false),
            ("node {0}", JavaScript, false),
            (r#"bash -c "pm2 delete all; bash {0}""#, Sh, true),
            (r#"bash -lc "{0}""#, Sh, true),
            ("bash ./wrapper.sh {0}", Sh, true),
            ("sudo -u deploy bash -e {0}", Sh, true),
            ("sudo python3 {0}", Python, true),
            ("nix develop --command {0}", Sh, true),
            ("alpine.sh {0}", Sh, true),
            ("perl {0}", Language::Unknown, true),
            ("", Sh, false),
        ] {
            let read = Shell::parse(shell);
            assert_eq!((read.language, read.is_command), (language, is_command), "{shell}");
        }
    }

    #[test]
    fn a_shell_that_is_ssh_runs_the_script_on_that_machine() {
        for (shell, remote) in [
            ("ssh deploy@prod bash -s {0}", Some("deploy@prod")),
            ("ssh -i key -p 22 -oBatchMode=yes -tt prod bash -s", Some("prod")),
            ("ssh -i key", None),
            ("bash -c 'ssh prod bash -s < {0}'", Some("prod")),
            ("sshpass -p x ssh -p 22 prod bash -s {0}", Some("prod")),
            ("bash {0}", None),
        ] {
            assert_eq!(Shell::parse(shell).remote.as_deref(), remote, "{shell}");
        }
    }
}
