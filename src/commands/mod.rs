//! One short file per subcommand. In come the parsed arguments, out goes an exit code; the files
//! only wire the parts together.

mod approve;
mod check;
mod deploy;
mod finish;
mod init;
mod inputs;
mod lease;
mod lint;
mod lock;
mod radius;
mod ready;
mod rollback;
mod rules;
mod snapshot;

use crate::cli::{Cli, Command, Global};
use crate::config::{self, Config};
use crate::guard::exec;
use crate::policy;
use clap::Parser;
use std::path::Path;
use std::process::ExitCode;

/// How tagout ends, as its users read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Clean, healthy, deployed.
    Fine = 0,
    /// Denied findings, or checks that failed.
    Failed = 1,
    /// Bad usage, configuration or input.
    Usage = 2,
    /// The deploy failed and was rolled back, and the host is verified as it was.
    RolledBack = 3,
    /// The rollback is incomplete: a person is needed.
    NeedsPerson = 4,
    /// Somebody else holds the lock.
    Locked = 5,
    /// As shells say that a command cannot be run. Only the deploy's own process ends so.
    NotRun = 127,
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let done: miette::Result<Exit> = match cli.command {
        Command::Lint(arguments) => lint::run(&cli.global, &arguments),
        Command::Radius(arguments) => radius::run(&cli.global, &arguments),
        Command::Rules(arguments) => rules::run(&cli.global, &arguments),
        Command::Explain { rule, rules: folders } => rules::explain(&cli.global, &rule, &folders),
        Command::Check(arguments) => check::run(&cli.global, &arguments),
        Command::Snapshot(arguments) => snapshot::run(&cli.global, arguments),
        Command::Rollback(arguments) => rollback::run(&cli.global, &arguments),
        Command::Deploy(arguments) => deploy::run(&cli.global, &arguments),
        Command::Begin(arguments) => lease::begin(&cli.global, &arguments),
        Command::End(arguments) => lease::end(&arguments),
        Command::Lock(arguments) => lock::run(&arguments),
        Command::Approve(arguments) => approve::run(&cli.global, &arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Watchdog { journal, stay } => finish::watch(&journal, stay),
        Command::Become { journal, command } => {
            exec::become_command(&journal, &command).map(|()| Exit::NotRun)
        }
    };
    match done {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(report) => {
            eprintln!("{report:?}");
            ExitCode::from(Exit::Usage as u8)
        }
    }
}

/// The configuration that was named, else the nearest, else an empty one; with the processes that its
/// ecosystem files declare.
fn configuration(global: &Global) -> miette::Result<Config> {
    let path = global.config.clone().or_else(|| config::find(Path::new(".")));
    let mut config = path.map_or_else(|| Ok(Config::default()), |path| config::load(&path))?;
    policy::read_ecosystems(&mut config);
    Ok(config)
}
