//! The terminal, lent to the deploy command. The command runs in a process group of its own, so
//! that all of it can be ended together; a group that is not the terminal's foreground group would
//! be stopped as soon as it asks for a password. So the group is put in the foreground while it
//! runs. Control-C then reaches the command and not tagout, which sees the command end.

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use rustix::process::Pid;
use rustix::termios::{tcgetpgrp, tcsetpgrp};
use std::fs::File;

/// Gives the terminal back when dropped.
pub struct Lent {
    terminal: File,
    ours: Pid,
}

/// Puts `group` in the foreground of our terminal, if we have one and are there ourselves.
pub fn lend_to(group: Pid) -> Option<Lent> {
    let terminal = File::options().read(true).write(true).open("/dev/tty").ok()?;
    let ours = rustix::process::getpgrp();
    if tcgetpgrp(&terminal).ok()? != ours {
        return None;
    }
    tcsetpgrp(&terminal, group).ok()?;
    Some(Lent { terminal, ours })
}

impl Drop for Lent {
    fn drop(&mut self) {
        // We are in the background now, and taking the foreground from there is answered with
        // SIGTTOU, which stops us unless it is blocked.
        let mut blocked = SigSet::empty();
        blocked.add(Signal::SIGTTOU);
        let before = blocked.thread_swap_mask(SigmaskHow::SIG_BLOCK);
        let _ = tcsetpgrp(&self.terminal, self.ours);
        if let Ok(before) = before {
            let _ = before.thread_set_mask();
        }
    }
}
