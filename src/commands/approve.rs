use super::{Exit, inputs};
use crate::approval::{Files, Lockfile, differences, hash_of};
use crate::cli::{self, Global};
use crate::source::{Input, Repository, SourceFile};
use miette::miette;
use std::path::Path;

/// Writes what workflows may run into `tagout.lock`, or compares it with that.
pub fn run(global: &Global, arguments: &cli::Approve) -> miette::Result<Exit> {
    let (files, skipped) = inputs::find(&arguments.workflows, Path::new("stdin.yml"))?;
    if let Some(gap) = skipped.first() {
        return Err(miette!("{}: {}", gap.path.display(), gap.reason));
    }
    let Some(first) = files.first() else {
        return Err(miette!(
            help = "run it in the repository",
            "there is no workflow here to approve"
        ));
    };
    let root = Repository::of(first.path()).root().to_owned();
    if let Some(other) = files.iter().find(|file| Repository::of(file.path()).root() != root) {
        let message =
            "{} and {} are of two repositories, each of which has a tagout.lock of its own";
        let paths = [first.path(), other.path()].map(|path| path.display().to_string());
        return Err(miette!(
            "{}",
            message.replacen("{}", &paths[0], 1).replacen("{}", &paths[1], 1)
        ));
    }
    let configs = inputs::configs(global, &files, &[])?;
    let files: Vec<SourceFile> = files.into_iter().map(read).collect::<miette::Result<_>>()?;
    let approved = Lockfile::read(&root)?.unwrap_or_default();
    let now = Lockfile::of(files, &configs);
    let mut all_same = true;
    for (workflow, files) in &now.workflows {
        all_same &= tell(workflow, approved.workflows.get(workflow), files);
    }
    let is_all = arguments.workflows.is_empty();
    let gone: Vec<&String> = approved
        .workflows
        .keys()
        .filter(|name| is_all && !now.workflows.contains_key(*name))
        .collect();
    gone.iter().for_each(|workflow| println!("{workflow}: is not there any more"));
    if arguments.check {
        return Ok(if all_same && gone.is_empty() { Exit::Fine } else { Exit::Failed });
    }
    let mut written = if is_all { Lockfile::default() } else { approved };
    written.workflows.extend(now.workflows);
    written.write(&root)?;
    Ok(Exit::Fine)
}

fn read(input: Input) -> miette::Result<SourceFile> {
    let path = input.path().to_owned();
    input.read().map_err(|error| miette!("{}: it cannot be read: {error}", path.display()))
}

/// Says what has become of a workflow; whether it is as it was approved.
fn tell(workflow: &str, approved: Option<&Files>, now: &Files) -> bool {
    let hash = hash_of(now);
    let Some(approved) = approved else {
        println!("{workflow}: {hash}, new, reaches {} files", now.len() - 1);
        return false;
    };
    let changes = differences(approved, now);
    if changes.is_empty() {
        println!("{workflow}: {hash}, as approved");
    } else {
        println!("{workflow}: {hash}");
        changes.iter().for_each(|change| println!("  {change}"));
    }
    changes.is_empty()
}
