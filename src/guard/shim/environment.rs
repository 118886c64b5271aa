//! What the real program finds in its environment. A process manager keeps what it is given for the
//! apps that it starts, for as long as they run: they must not have our `PATH`, which ends with the
//! deploy, nor our variables.

use super::allowance;
use super::folder::without_shims;
use super::judge::Judged;
use crate::guard::broker::{DAEMON_OPTIONS, without_guard};
use crate::guard::doors::JOURNAL_VARIABLE;
use crate::host::pm2::{BROKER_VARIABLE, SOCKET_VARIABLE};
use crate::program::Catalog;
use std::env;
use std::process::Command;

pub fn prepare(command: &mut Command, judged: &Judged) {
    let innermost = judged.innermost.as_deref();
    let keeps =
        |name| Catalog::built_in().find(name).is_some_and(|program| program.keeps_environment);
    match allowance::with_comments(&judged.by_comments) {
        Some(allowed) => command.env(allowance::VARIABLE, allowed),
        None => command,
    };
    if innermost.is_some_and(keeps) {
        command.env_remove(JOURNAL_VARIABLE).env_remove(allowance::VARIABLE);
        if let Some(path) = env::var_os("PATH") {
            command.env("PATH", without_shims(&path));
        }
    }
    // The broker cleans what PM2's clients tell, and would refuse what was allowed here.
    let past_broker = match innermost {
        Some("pm2") => !judged.let_through.is_empty(),
        innermost => innermost.is_some_and(keeps),
    };
    if past_broker {
        command.env_remove(SOCKET_VARIABLE).env_remove(BROKER_VARIABLE);
        match env::var(DAEMON_OPTIONS).ok().and_then(|options| without_guard(&options)) {
            Some(options) => command.env(DAEMON_OPTIONS, options),
            None => command.env_remove(DAEMON_OPTIONS),
        };
    }
}
