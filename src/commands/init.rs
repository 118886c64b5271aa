use super::Exit;
use crate::cli::Init;
use crate::config::{self, FILE_NAME};
use crate::host;
use crate::init::{Found, Repository, write};
use crate::report;
use miette::{IntoDiagnostic, WrapErr};
use std::path::Path;

/// Writes a first `tagout.yml` for the repository that this folder is the top of.
pub fn run(arguments: &Init) -> miette::Result<Exit> {
    let (folder, file) = (Path::new("."), Path::new(FILE_NAME));
    if file.exists() && !arguments.force {
        return Err(miette::miette!(
            help = "`tagout init --force` writes it anew",
            "there is a {FILE_NAME} here already"
        ));
    }
    let repository = Repository::read(folder);
    let found = Found::look(host::managers()?, &repository, folder)
        .into_diagnostic()
        .wrap_err("this host cannot be looked at")?;
    let text = write(&repository, &found);
    // What cannot be read back would be a bug, and must not be left for others to find.
    config::parse(file, &text)?;
    report::write_file(file, &text)?;
    let others = found.neighbours.len() + found.units_of_others.len();
    let ours = found.services.len();
    eprintln!("tagout: {FILE_NAME} is written: {ours} processes are ours, {others} are neighbours");
    eprintln!("tagout: read it through, then try it with `tagout check`");
    Ok(Exit::Fine)
}
