use super::{Exit, inputs};
use crate::cli::{self, Global};
use crate::policy;
use crate::report::{self, Format};
use std::path::Path;

/// Says what workflows can do to others, allowed or not.
pub fn run(global: &Global, arguments: &cli::Radius) -> miette::Result<Exit> {
    let (files, skipped) = inputs::find(&arguments.paths, Path::new("stdin.yml"))?;
    let configs = inputs::configs(global, &files, &[])?;
    let mut read = policy::radius(files, &configs);
    read.coverage.skipped.extend(skipped);
    let radius = report::radius::Radius::of(&read, &configs);
    if let Some(path) = &arguments.html {
        report::write_file(path, &report::radius::html(&radius)?)?;
        if arguments.format.is_empty() {
            return Ok(Exit::Fine);
        }
    }
    let human = [report::Output::default()];
    let outputs = if arguments.format.is_empty() { &human[..] } else { &arguments.format };
    for output in outputs {
        output.write(&match output.format {
            Format::Human => report::radius::human(&radius),
            Format::Json => report::radius::json(&radius)?,
            Format::Markdown => report::radius::markdown(&radius),
            other => return Err(other.unknown_here("radius")),
        })?;
    }
    Ok(Exit::Fine)
}
