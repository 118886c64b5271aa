//! What the CI system says of the run that we are in, from the variables that GitHub, Gitea and
//! Forgejo set alike.

use serde::{Deserialize, Serialize};
use std::fs::OpenOptions;
use std::io::{self, Write};

/// Names the file for the variables of a job's later steps.
const VARIABLES: &str = "GITHUB_ENV";
/// Names the file for the folders that come first on their `PATH`.
const PATHS: &str = "GITHUB_PATH";

/// The run of a workflow; all empty outside of CI.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CiRun {
    /// Its page.
    pub url: Option<String>,
    /// The workflow's file name, or its name where the file is not told.
    pub workflow: Option<String>,
    /// The commit that is deployed.
    pub commit: Option<String>,
    /// Who started it.
    pub actor: Option<String>,
}

impl CiRun {
    pub fn from_env() -> Self {
        Self::from(|name| std::env::var(name).ok())
    }

    fn from(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        // Gitea's pages are numbered by repository, GitHub's by installation.
        let number = if set("GITEA_ACTIONS").is_some() || set("FORGEJO_ACTIONS").is_some() {
            set("GITHUB_RUN_NUMBER")
        } else {
            set("GITHUB_RUN_ID")
        };
        let url = || {
            let (server, repository) = (set("GITHUB_SERVER_URL")?, set("GITHUB_REPOSITORY")?);
            Some(format!("{server}/{repository}/actions/runs/{}", number?))
        };
        Self {
            url: url(),
            workflow: set("GITHUB_WORKFLOW_REF")
                .and_then(|reference| file_name(&reference))
                .or_else(|| set("GITHUB_WORKFLOW")),
            commit: set("GITHUB_SHA"),
            actor: set("GITHUB_ACTOR"),
        }
    }
}

/// Gives `variables` to the later steps of the job, of `PATH` only its first folder. False where no CI
/// system would hand them on.
pub fn export<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> io::Result<bool> {
    let file = |name| std::env::var_os(name).filter(|path| !path.is_empty());
    let (Some(environment), paths) = (file(VARIABLES), file(PATHS)) else { return Ok(false) };
    let append = |path, text: &str| {
        OpenOptions::new().append(true).create(true).open(path)?.write_all(text.as_bytes())
    };
    let mut text = String::new();
    for (name, value) in variables {
        if value.contains('\n') {
            return Err(io::Error::other("a path has a line break in it"));
        }
        match (name, &paths) {
            ("PATH", Some(paths)) => {
                append(paths, &format!("{}\n", value.split(':').next().unwrap_or(value)))?;
            }
            _ => text += &format!("{name}={value}\n"),
        }
    }
    append(&environment, &text)?;
    Ok(true)
}

/// `deploy.yml` of `owner/repo/.github/workflows/deploy.yml@refs/heads/main`.
fn file_name(reference: &str) -> Option<String> {
    let path = reference.split_once('@').map_or(reference, |(path, _)| path);
    path.rsplit('/').next().filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_and_the_workflow_of_a_run_are_found_on_github_and_gitea() {
        let run = |extra: (&str, &str)| {
            CiRun::from(|name| {
                let set = [
                    ("GITHUB_SERVER_URL", "https://git.example"),
                    ("GITHUB_REPOSITORY", "shop/web"),
                    ("GITHUB_RUN_ID", "900"),
                    ("GITHUB_RUN_NUMBER", "7"),
                    ("GITHUB_WORKFLOW", "Deploy"),
                    ("GITHUB_SHA", ""),
                    extra,
                ];
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        let github =
            run(("GITHUB_WORKFLOW_REF", "shop/web/.github/workflows/deploy.yml@refs/heads/a/b"));
        assert_eq!(github.url.as_deref(), Some("https://git.example/shop/web/actions/runs/900"));
        assert_eq!(github.workflow.as_deref(), Some("deploy.yml"));
        assert_eq!(github.commit, None);

        let gitea = run(("GITEA_ACTIONS", "true"));
        assert_eq!(gitea.url.as_deref(), Some("https://git.example/shop/web/actions/runs/7"));
        assert_eq!(gitea.workflow.as_deref(), Some("Deploy"));
        assert_eq!(CiRun::from(|_| None), CiRun::default());
    }
}
