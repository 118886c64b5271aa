//! The command line, declared once.

use crate::policy::fix::Fixes;
use crate::report::Output;
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Keeps a deploy from taking down its neighbours.
#[derive(Debug, Parser)]
#[command(name = "tagout", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
pub struct Global {
    /// The configuration [default: the nearest tagout.yml here or in a folder above]
    #[arg(long, short, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what the repository's workflows would do to others
    Lint(Lint),
    /// Say what each workflow can do to what others share, allowed or not
    Radius(Radius),
    /// List the rules, show one, or try those of your own
    Rules(Rules),
    /// Say what a rule is about, what it finds and what to do
    Explain {
        /// The rule's name
        rule: String,
        /// A folder with rules of the team's own; repeatable
        #[arg(long, value_name = "FOLDER")]
        rules: Vec<PathBuf>,
    },
    /// Run the probes of a checklist
    Check(Check),
    /// Record what runs on this host, and compare it
    Snapshot(Snapshot),
    /// Bring back what a snapshot has and the host lacks
    Rollback(Rollback),
    /// Run a deploy under guard: lock, snapshot, run, verify, roll back if it must, report
    Deploy(Deploy),
    /// Approve workflows, with all that they reach, as those that may deploy
    Approve(Approve),
    /// Begin a deploy of several steps of a workflow: lock, snapshot, watch
    Begin(Guard),
    /// End the deploy that `tagout begin` began: verify, roll back if it must, report
    End(End),
    /// Write a tagout.yml from what runs on this host and what the repository says
    Init(Init),
    /// Say who holds the host's lock, or take it from them
    Lock(Lock),
    /// Watch a deploy, and finish it if tagout is killed; `tagout deploy` starts this itself
    #[command(hide = true)]
    Watchdog {
        #[arg(long)]
        stay: bool,
        journal: PathBuf,
    },
    /// Become a deploy command that is noted in the journal; `tagout deploy` starts this itself
    #[command(hide = true)]
    Become {
        journal: PathBuf,
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
}

#[derive(Debug, Args)]
pub struct Lint {
    /// Workflows, scripts or folders; `-` reads standard input [default: the workflows below here]
    pub paths: Vec<PathBuf>,
    /// The path that standard input is taken for
    #[arg(long, value_name = "PATH", default_value = ".github/workflows/stdin.yml")]
    pub stdin_filename: PathBuf,
    /// Deny what cannot be proven harmless, too
    #[arg(long)]
    pub strict: bool,
    /// Only the workflows that reach a file that is staged (all, if none is), or that differs over a
    /// range such as main...HEAD
    #[arg(
        long,
        value_name = "RANGE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        // It would forget what is known of all others.
        conflicts_with = "write_baseline"
    )]
    pub changed: Option<String>,
    /// Mend what can be mended by changing single words: what is safe, or all that a person should
    /// look at
    #[arg(
        long,
        value_name = "WHICH",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "safe",
        value_parser = fixes
    )]
    pub fix: Option<Fixes>,
    /// A folder with rules of the team's own; repeatable
    #[arg(long, value_name = "FOLDER")]
    pub rules: Vec<PathBuf>,
    /// The findings that are known and do not count [default: .tagout-baseline.json, where it is]
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write what is found now as the baseline, and deny nothing
    #[arg(long)]
    pub write_baseline: bool,
    /// What to print: human, json, sarif, github, junit or markdown, each with an optional =FILE;
    /// repeatable
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "human")]
    pub format: Vec<Output>,
}

#[derive(Debug, Args)]
pub struct Radius {
    /// Workflows, scripts or folders [default: the workflows below here]
    pub paths: Vec<PathBuf>,
    /// What to print: human, json or markdown, each with an optional =FILE; repeatable
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub format: Vec<Output>,
    /// Write a page with a picture of which workflow reaches what
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Rules {
    #[command(subcommand)]
    pub action: Option<RulesAction>,
    /// A folder with rules of the team's own; repeatable
    #[arg(long, value_name = "FOLDER", global = true)]
    pub rules: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum RulesAction {
    /// All of them, in the order in which they are asked (the default)
    List,
    /// One, as its page has it
    Show {
        /// Its name
        rule: String,
    },
    /// Read the rules of tagout.yml and of the folders, and hold them against their examples; with a
    /// line of shell, say which rules decide on it
    Test {
        /// A line of shell
        line: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct Check {
    /// The checklist's name
    #[arg(default_value = "post-deploy")]
    pub checklist: String,
    /// Answer the question of this name with yes; repeatable
    #[arg(long, value_name = "NAME")]
    pub confirm: Vec<String>,
    /// What to print: human, json, junit, markdown or prometheus, each with an optional =FILE;
    /// repeatable
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "human")]
    pub format: Vec<Output>,
}

#[derive(Debug, Args)]
pub struct Snapshot {
    #[command(subcommand)]
    pub action: Option<SnapshotAction>,
}

#[derive(Debug, Subcommand)]
pub enum SnapshotAction {
    /// Record what runs now (the default)
    Take,
    /// List the snapshots that are kept
    List,
    /// Show one
    Show {
        /// Its id [default: the newest]
        id: Option<String>,
    },
    /// Compare one with what runs now
    Diff {
        /// Its id, or the start of it [default: the newest]
        id: Option<String>,
        /// What to print: human or json, each with an optional =FILE; repeatable
        #[arg(long, value_name = "FORMAT[=FILE]", default_value = "human")]
        format: Vec<Output>,
    },
}

#[derive(Debug, Args)]
pub struct Rollback {
    /// The snapshot's id [default: the newest]
    pub snapshot: Option<String>,
    /// Print the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub struct Guard {
    /// The app that is deployed [default: by the workflow that runs, or the inventory's only one]
    #[arg(long, value_name = "APP[/ENVIRONMENT]")]
    pub app: Option<String>,
    /// Wait this long for the host's lock, and for a turn among the hosts of a store, for example 10m
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "0s")]
    pub wait: Duration,
    /// How long the deploy may take before it is ended and rolled back
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "1h")]
    pub time_limit: Duration,
    /// Write the report here as well, by the file's extension as Markdown, HTML or JSON; repeatable
    #[arg(long, value_name = "FILE")]
    pub report: Vec<PathBuf>,
    /// Deploy although the workflow is not the one that was approved, for this reason
    #[arg(long, value_name = "REASON")]
    pub unapproved: Option<String>,
    /// Answer the question of this name in pre-deploy and post-deploy with yes; repeatable
    #[arg(long, value_name = "NAME")]
    pub confirm: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Deploy {
    #[command(flatten)]
    pub guard: Guard,
    /// The command that deploys
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND"
    )]
    pub command: Vec<OsString>,
}

#[derive(Debug, Args)]
pub struct Approve {
    /// The workflows [default: all of the repository]
    pub workflows: Vec<PathBuf>,
    /// Write nothing; exit with 1 if they are not those that were approved
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, Args)]
pub struct End {
    /// What became of the steps, as ${{ job.status }} says: all but `success` is rolled back
    #[arg(long, value_name = "STATUS")]
    pub job_status: Option<String>,
    /// The lease [default: TAGOUT_LEASE, which `tagout begin` sets for the job]
    #[arg(long, value_name = "TOKEN")]
    pub lease: Option<String>,
    /// Write the report here, and not where `tagout begin` said; repeatable
    #[arg(long, value_name = "FILE")]
    pub report: Vec<PathBuf>,
    /// Answer the question of this name in post-deploy with yes; repeatable
    #[arg(long, value_name = "NAME")]
    pub confirm: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Init {
    /// Write over a tagout.yml that is there
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub struct Lock {
    #[command(subcommand)]
    pub action: Option<LockAction>,
}

#[derive(Debug, Subcommand)]
pub enum LockAction {
    /// Who holds it, and the evidence that they still live (the default)
    Status,
    /// Take it from the deploy that has it: that is ended, and not rolled back
    Release(LockRelease),
}

#[derive(Debug, Args)]
pub struct LockRelease {
    /// The holder's token: the lease that `tagout begin` has handed on
    #[arg(required_unless_present = "force")]
    pub token: Option<String>,
    /// Take it from whoever has it
    #[arg(long, conflicts_with = "token", requires = "reason")]
    pub force: bool,
    /// Why, for the report of the deploy that is ended
    #[arg(long, value_name = "TEXT", requires = "force")]
    pub reason: Option<String>,
}

fn fixes(word: &str) -> Result<Fixes, String> {
    match word {
        "safe" => Ok(Fixes::Safe),
        "all" => Ok(Fixes::All),
        _ => Err("it is safe or all".to_owned()),
    }
}

/// `90s`, `10m`, `1h30m`.
fn duration(text: &str) -> Result<Duration, String> {
    text.parse::<jiff::SignedDuration>()
        .ok()
        .and_then(|span| Duration::try_from(span).ok())
        .ok_or_else(|| "write it like 90s, 10m or 1h30m".to_owned())
}
