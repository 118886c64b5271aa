use super::{
    Exit,
    inputs::{configs, find},
};
use crate::{
    cli::{Global, Lint},
    policy::{
        self, Configs, Level, LintReport,
        baseline::{self, Baseline},
        fix::{self, Fixes},
    },
    report::{self, Format, write_file},
    source::{Changes, Input, Since},
};
use std::{
    collections::BTreeMap,
    io::IsTerminal,
    path::{Path, PathBuf},
};

/// Lints workflows and scripts, and prints what it finds.
pub fn run(global: &Global, arguments: &Lint) -> miette::Result<Exit> {
    let (files, skipped) = find(&arguments.paths, &arguments.stdin_filename)?;
    let nothing = files.is_empty() && skipped.is_empty();
    if nothing {
        eprintln!(
            "tagout: there is nothing to lint here: no workflow in .github, .gitea or .forgejo/workflows, \
             and no action.yml"
        );
    }
    let configs = configs(global, &files, &arguments.rules)?;
    let changes = changes(arguments)?;
    let changes = changes.as_ref();
    let mut linted = lint(files, &configs, arguments, changes);
    if changes.is_some() && !nothing && linted.coverage.files == 0 {
        eprintln!("tagout: no workflow reaches what has changed");
    }
    if let Some(which) = arguments.fix {
        linted = fixed(linted, &configs, which, global, arguments, changes)?;
    }
    linted.coverage.skipped.extend(skipped);
    let path = arguments.baseline.as_deref().unwrap_or(Path::new(baseline::FILE_NAME));
    if arguments.write_baseline {
        let baseline = Baseline::of(&linted);
        baseline.write(path)?;
        eprintln!("tagout: {} findings are known in {}", baseline.len(), path.display());
    }
    match Baseline::read(path)? {
        Some(baseline) => {
            let gone = baseline.apply(&mut linted);
            if gone > 0 && changes.is_none() {
                eprintln!(
                    "tagout: {gone} findings of {} are not there any more; `--write-baseline` forgets them",
                    path.display()
                );
            }
        }
        None if arguments.baseline.is_some() => {
            return Err(miette::miette!(
                help = "`tagout lint --write-baseline` writes one",
                "there is no baseline {}",
                path.display()
            ));
        }
        None => {}
    }
    for output in &arguments.format {
        let colours = output.file.is_none()
            && std::io::stdout().is_terminal()
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        output.write(&match output.format {
            Format::Human => report::lint::human(&linted, colours),
            Format::Json => report::lint::json(&linted)?,
            Format::Sarif => report::lint::sarif(&linted)?,
            Format::Github => report::lint::github(&linted),
            Format::Junit => report::lint::junit(&linted)?,
            Format::Markdown => report::lint::markdown(&linted),
            other => return Err(other.unknown_here("lint")),
        })?;
    }
    let denied = linted.open().any(|finding| finding.level == Level::Deny);
    Ok(match (nothing, denied) {
        // A run in the wrong folder must not look clean.
        (true, _) => Exit::Usage,
        (_, true) => Exit::Failed,
        _ => Exit::Fine,
    })
}

/// Mends the files, and lints them again; a file in which that has not helped is put back.
fn fixed(
    linted: LintReport,
    configs: &Configs,
    which: Fixes,
    global: &Global,
    arguments: &Lint,
    changes: Option<&Changes>,
) -> miette::Result<LintReport> {
    let mut before = BTreeMap::new();
    for (path, edits) in fix::edits(&linted, configs, which) {
        // What came from standard input is no file to be changed.
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        write_file(&path, &fix::apply(&text, &edits))?;
        before.insert(path, (text, edits.len()));
    }
    if before.is_empty() {
        eprintln!("tagout: nothing here can be mended by itself");
        return Ok(linted);
    }
    let again = lint_again(global, arguments, changes)?;
    let grave = |report: &LintReport, path: &Path| {
        let here = || report.open().filter(|finding| finding.location.path() == path);
        (here().filter(|finding| finding.level == Level::Deny).count(), here().count())
    };
    let mut restored = false;
    for (path, (text, count)) in &before {
        if grave(&again, path) >= grave(&linted, path) {
            write_file(path, text)?;
            restored = true;
            eprintln!("tagout: {} is left as it was: mending it did not help", path.display());
        } else {
            eprintln!("tagout: mended {count} in {}", path.display());
        }
    }
    if restored { lint_again(global, arguments, changes) } else { Ok(again) }
}

fn lint_again(
    global: &Global,
    arguments: &Lint,
    changes: Option<&Changes>,
) -> miette::Result<LintReport> {
    let paths: Vec<PathBuf> =
        arguments.paths.iter().filter(|path| path.as_path() != Path::new("-")).cloned().collect();
    let (files, _) = find(&paths, &arguments.stdin_filename)?;
    let configs = configs(global, &files, &arguments.rules)?;
    Ok(lint(files, &configs, arguments, changes))
}

/// Lints all files, or those that reach what has changed.
fn lint(
    files: Vec<Input>,
    configs: &Configs,
    arguments: &Lint,
    changes: Option<&Changes>,
) -> LintReport {
    match changes {
        Some(changes) => policy::lint_changed(files, configs, arguments.strict, changes),
        None => policy::lint(files, configs, arguments.strict),
    }
}

/// What has changed, if only that is to be linted.
fn changes(arguments: &Lint) -> miette::Result<Option<Changes>> {
    let Some(range) = &arguments.changed else { return Ok(None) };
    let since = match (range.as_str(), pre_commit_range()) {
        ("", Some(range)) => Since::Range(range),
        ("", None) => Since::Staged,
        (range, _) => Since::Range(range.to_owned()),
    };
    let changes = Changes::of(&since)?;
    if since == Since::Staged && changes.are_none() {
        eprintln!("tagout: nothing is staged, so all workflows are linted");
        return Ok(None);
    }
    Ok(Some(changes))
}

/// What `pre-commit run --from-ref A --to-ref B` is about.
fn pre_commit_range() -> Option<String> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    Some(format!("{}...{}", set("PRE_COMMIT_FROM_REF")?, set("PRE_COMMIT_TO_REF")?))
}
