//! Deploys that are several steps of a workflow, between `tagout begin` and `tagout end`, on a real PM2
//! that others share.

#![cfg(unix)]

mod support;

use insta::assert_snapshot;
use regex::Regex;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use support::{Pm2, Ran, expect_all_run, guarded, kill, running, shared_host, wait_for};

const GOOD: &str = "pm2 restart shop-api";
const BAD: &str = "./unguarded delete stock-alert-api";

/// A job of a CI system: what one step hands on in `GITHUB_ENV`, the next has.
struct Job<'a> {
    pm2: &'a Pm2,
    handed_on: PathBuf,
}

impl<'a> Job<'a> {
    fn on(pm2: &'a Pm2) -> Self {
        Self { pm2, handed_on: pm2.write("github-env", "") }
    }

    /// By this the runner finds what its job has left.
    fn tracking(&self) -> String {
        format!("github_{}", self.pm2.folder().display())
    }

    fn command(&self, program: &str) -> Command {
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", self.pm2.cli().parent().unwrap().display());
        let mut command = self.pm2.command(program);
        command
            .env("PATH", path)
            .env("TAGOUT_LOCK", self.pm2.folder().join("host.lock"))
            .env("GITHUB_ENV", &self.handed_on)
            .env("USER", "alice")
            .env("RUNNER_TRACKING_ID", self.tracking())
            .env_remove("GITHUB_STEP_SUMMARY")
            .env_remove("TAGOUT_LEASE")
            .stdin(Stdio::null());
        let text = fs::read_to_string(&self.handed_on).unwrap();
        command.envs(text.lines().map(|line| line.split_once('=').unwrap()));
        command
    }

    fn tagout(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_tagout"));
        command.args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.ran(self.tagout(arguments).output().unwrap())
    }

    fn begin(&self) {
        let ran = self.run(&["begin", "--app", "shop/production"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }

    fn step(&self, script: &str) {
        let ran = self.ran(self.command("sh").args(["-ec", script]).output().unwrap());
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    }

    fn end(&self) -> Ran {
        self.run(&["end", "--job-status", "success", "--report", "report.md"])
    }

    fn ran(&self, output: Output) -> Ran {
        let text = |bytes: &[u8]| self.redacted(&String::from_utf8_lossy(bytes));
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        Ran { code: output.status.code().unwrap_or(-1), out, err }
    }

    fn redacted(&self, text: &str) -> String {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let text = text.replace(&self.pm2.folder().display().to_string(), "[FOLDER]");
        [
            (r"\d{8}T\d{6}\.\d{3}Z", "[ID]"),
            (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "[TIME]"),
            (r"pid \d+", "pid [PID]"),
            (r"\d+ ticks", "[TICKS] ticks"),
            (r"\b[0-9a-f]{32}\b", "[TOKEN]"),
            (r"\b[0-9a-f-]{36}\b", "[BOOT]"),
            (r"\b(\d+m )?\d+(\.\d)?s\b|\b\d+ms\b", "[DURATION]"),
            (&format!(r"\b{}\b", regex::escape(&host)), "[HOST]"),
        ]
        .iter()
        .fold(text, |text, (pattern, name)| {
            Regex::new(pattern).unwrap().replace_all(&text, *name).into_owned()
        })
    }

    /// Whether somebody has the host.
    fn is_locked(&self) -> bool {
        self.run(&["lock"]).code == 5
    }

    fn journal(&self) -> PathBuf {
        let listed = fs::read_dir(self.pm2.state().join("journal")).unwrap().flatten();
        let journals = listed.map(|entry| entry.path());
        journals.filter(|path| path.extension().is_some_and(|it| it == "jsonl")).max().unwrap()
    }

    /// The lines of the newest journal that are whole.
    fn steps(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.journal()).unwrap();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    fn count(&self, step: &str) -> usize {
        self.steps().iter().filter(|one| one["step"] == step).count()
    }

    fn watchdog(&self) -> u32 {
        let steps = self.steps();
        let armed = steps.iter().rfind(|one| one["step"] == "armed").unwrap();
        armed["watchdog"]["pid"].as_u64().unwrap().try_into().unwrap()
    }

    /// The report of the newest journal's deploy.
    fn report(&self) -> String {
        let steps = self.steps();
        let id =
            steps.iter().find(|one| one["step"] == "snapshot").unwrap()["id"].as_str().unwrap();
        let path = self.pm2.state().join("reports").join(format!("{id}.md"));
        self.redacted(&fs::read_to_string(path).unwrap_or_default())
    }
}

/// The report without what only this machine knows of.
fn told(report: &str) -> &str {
    report.split("## Evidence").next().unwrap().trim_end()
}

#[test]
fn steps_that_go_well_stand_and_the_host_is_locked_until_the_end() {
    let (pm2, _) = shared_host();
    let job = Job::on(&pm2);
    let before = running(&pm2);
    let begun = job
        .tagout(&["begin", "--app", "shop/production"])
        .env("GITHUB_WORKFLOW_REF", "acme/shop/.github/workflows/deploy.yml@refs/heads/main")
        .output()
        .unwrap();
    let begun = job.ran(begun);
    assert_eq!(begun.code, 0, "{}", begun.err);
    assert_snapshot!(begun.err, @"
    tagout: snapshot [ID] of 4 processes
    tagout: deploying shop/production, until `tagout end` within [DURATION]
    ");
    assert_eq!(begun.out, "", "the lease is handed on and printed nowhere");
    let status = job.run(&["lock", "status"]);
    assert_snapshot!(status.out, @"
    held
      holder    pid [PID] of alice on [HOST]: alive
      since     [TIME] UTC
      command   the steps of deploy.yml
      started   [TICKS] ticks after boot
      boot      [BOOT], this one
      evidence  pid [PID] runs, and started when the record says
      file      [FOLDER]/host.lock
    ");
    assert_eq!(status.code, 5);

    job.step(GOOD);
    let ended = job.end();
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_snapshot!(ended.err, @"
    tagout: the steps ended after [DURATION] (job status success)
    tagout: comparing the host with the snapshot
    tagout: checks: 2 of 2 passed
    tagout: report: [FOLDER]/state/reports/[ID].md
    tagout: report: [FOLDER]/report.md
    tagout: Deployed and verified
    ");
    assert_snapshot!(told(&job.report()), @r"
    # Deployed and verified

    | | |
    |---|---|
    | Severity | none: nothing was down |
    | Host | `[HOST]` |
    | Deployed | shop/production |
    | Command | `the steps of deploy.yml` |
    | It ended | job status success, after [DURATION] |
    | Started (UTC) | [TIME] |
    | All took | [DURATION] |
    | Snapshot | `[ID]` |

    ## Checks

    After the deploy:

    | Check | Outcome | Severity | |
    |---|---|---|---|
    | `ready` | pass |  |  |
    | `neighbours` | pass |  |  |

    ## Timeline

    | Time (UTC) | |
    |---|---|
    | [TIME] | snapshot [ID] of 4 processes |
    | [TIME] | deploying shop/production, until \`tagout end\` within [DURATION] |
    | [TIME] | the steps ended after [DURATION] (job status success) |
    | [TIME] | comparing the host with the snapshot |
    | [TIME] | checks: 2 of 2 passed |
    ");
    assert!(!job.is_locked());
    let after = running(&pm2);
    assert_ne!(before["shop-api"], after["shop-api"]);
    assert_eq!(before["stock-alert-api"], after["stock-alert-api"]);
    // Nothing of it is left to the steps after the end.
    let handed_on = fs::read_to_string(&job.handed_on).unwrap();
    let last = |name: &str| handed_on.lines().rfind(|line| line.starts_with(name)).unwrap();
    assert_eq!(last("TAGOUT_JOURNAL="), "TAGOUT_JOURNAL=");
}

#[test]
fn a_step_is_refused_what_would_hit_others_until_the_end_and_not_after_it() {
    let (pm2, _) = shared_host();
    let job = Job::on(&pm2);
    job.begin();
    let step = |script: &str| job.ran(job.command("sh").args(["-ec", script]).output().unwrap());
    let refused = step("pm2 stop stock-alert-api");
    assert_ne!(refused.code, 0);
    let said = refused.out + &refused.err;
    assert!(said.contains("refused"), "{said}");
    assert_eq!(step("pm2 -s delete shop-worker; pm2 -s start stay.js --name shop-worker").code, 0);
    let ended = job.end();
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(job.report().contains("refused"), "{}", job.report());
    expect_all_run(&pm2);
    for app in pm2.processes() {
        for name in ["TAGOUT_LEASE", "TAGOUT_JOURNAL", "PM2_DAEMON_RPC_PORT"] {
            assert_eq!(pm2.variable(&app, name), None, "{name} is left in {}", app.key);
        }
    }
    assert_eq!(step("pm2 -s stop stock-alert-api").code, 0, "the deploy is over");
}

#[test]
fn a_neighbour_that_a_step_killed_is_restored_at_the_end() {
    let (pm2, _) = shared_host();
    let job = Job::on(&pm2);
    job.begin();
    job.step(BAD);
    let ended = job.end();
    assert_eq!(ended.code, 3, "{}", ended.err);
    assert_snapshot!(ended.err, @"
    tagout: the steps ended after [DURATION] (job status success)
    tagout: comparing the host with the snapshot
    tagout: harmed: stock-alert-api (a neighbour): missing
    tagout: rolling back: a process is worse off than before
    tagout: restored stock-alert-api in [DURATION]: put back
    tagout: comparing the host with the snapshot
    tagout: checks: 2 of 2 passed
    tagout: report: [FOLDER]/state/reports/[ID].md
    tagout: report: [FOLDER]/report.md
    tagout: Rolled back: the host is as it was
    ");
    expect_all_run(&pm2);
    assert!(!job.is_locked());
}

#[test]
fn a_job_that_did_not_succeed_is_rolled_back() {
    let (pm2, _) = shared_host();
    let job = Job::on(&pm2);
    let mut said = String::new();
    for status in ["failure", "cancelled", "weird", ""] {
        job.begin();
        let ended = job.run(&["end", "--job-status", status]);
        assert_eq!(ended.code, 3, "{}", ended.err);
        said += ended.err.lines().find(|line| line.contains("rolling back:")).unwrap();
        said += "\n";
    }
    assert_snapshot!(said, @"
    tagout: rolling back: a step of the job failed
    tagout: rolling back: the job was cancelled
    tagout: rolling back: the job's status is `weird`, which is not `success`
    tagout: rolling back: the job's status is ``, which is not `success`
    ");
}

#[test]
fn a_job_that_never_comes_to_its_end_is_rolled_back_by_the_watchdog() {
    let (pm2, _) = shared_host();
    let job = Job::on(&pm2);
    let begun = job.run(&["begin", "--app", "shop/production", "--time-limit", "3s"]);
    assert_eq!(begun.code, 0, "{}", begun.err);
    job.step(BAD);
    wait_for("the watchdog", || (job.count("closed") == 1).then_some(()));
    expect_all_run(&pm2);
    wait_for("the lock to be free", || (!job.is_locked()).then_some(()));
    assert_snapshot!(told(&job.report()), @r"
    # Rolled back: the host is as it was

    | | |
    |---|---|
    | Severity | P2: one production app was down |
    | Host | `[HOST]` |
    | Deployed | shop/production |
    | Command | `` the steps after `tagout begin` `` |
    | It ended | not known, for the job did not come to `tagout end` |
    | Started (UTC) | [TIME] |
    | All took | [DURATION] |
    | Snapshot | `[ID]` |

    ## Why it was rolled back

    - the job did not come to \`tagout end\`

    ## What was harmed

    | Process | Whose | Before | After | Down |
    |---|---|---|---|---|
    | `stock-alert-api` | a neighbour | online, pid [PID] | missing | at most [DURATION] |

    ## What was restored, in this order

    | | Process | What was done | Back at (UTC) | Time | Result |
    |---|---|---|---|---|---|
    | 1 | `stock-alert-api` | put back | [TIME] | [DURATION] | verified |

    ## Checks

    After the deploy: not run.

    After the rollback:

    | Check | Outcome | Severity | |
    |---|---|---|---|
    | `ready` | pass |  |  |
    | `neighbours` | pass |  |  |

    ## What is left to do

    - [ ] Files and databases are as the deploy left them: tagout restores processes only.

    ## Timeline

    | Time (UTC) | |
    |---|---|
    | [TIME] | snapshot [ID] of 4 processes |
    | [TIME] | deploying shop/production, until \`tagout end\` within [DURATION] |
    | [TIME] | going on with the deploy that never came to \`tagout end\`: the steps after \`tagout begin\` |
    | [TIME] | harmed: stock-alert-api (a neighbour): missing |
    | [TIME] | rolling back: the job did not come to \`tagout end\` |
    | [TIME] | restored stock-alert-api in [DURATION]: put back |
    | [TIME] | comparing the host with the snapshot |
    | [TIME] | checks: 2 of 2 passed |
    ");
    // An end that comes after all says so, and does not exit as if all were well.
    let ended = job.end();
    assert_eq!(ended.code, 3);
    assert_snapshot!(ended.err, @"
    tagout: this deploy was ended before its `tagout end`: the host is as it was
    tagout: report: [FOLDER]/state/reports/[ID].md
    ");
}

#[test]
fn what_cannot_be_begun_or_ended_is_said() {
    let (pm2, _) = shared_host();
    let job = Job::on(&pm2);
    let ended = job.end();
    assert_eq!(ended.code, 2);
    assert_snapshot!(ended.err, @"
    × there is nothing to end: TAGOUT_LEASE is not set
    help: `tagout begin` comes first, in the same job: it hands the lease on in
          TAGOUT_LEASE; or name it with --lease
    ");

    let wrong = job.run(&["end", "--job-status", "success", "--lease", "0123"]);
    assert_eq!(wrong.code, 2);
    assert_snapshot!(wrong.err, @"
    × there is no lease 0123 on this host
    help: `tagout end` ends what `tagout begin` began, as the same user on the
          same host; `tagout begin` hands the lease on in the variable
          TAGOUT_LEASE
    ");

    job.begin();
    let second = job.run(&["begin", "--wait", "1h"]);
    assert_eq!(second.code, 2);
    assert_snapshot!(second.err, @"
    × this job has begun a deploy already
    help: `tagout end` ends it; until then, run what deploys as it is, without
          `tagout deploy`
    ");
    let other = job.ran(job.tagout(&["begin"]).env_remove("TAGOUT_LEASE").output().unwrap());
    assert_eq!(other.code, 5, "another job is turned away: {}", other.err);
    let wrong = job.run(&["end", "--lease", "0123"]);
    assert_eq!(wrong.code, 2, "{}", wrong.err);

    let ended = job.end();
    assert_eq!(ended.code, 0, "{}", ended.err);
    let twice = job.end();
    assert_eq!(twice.code, 2);
    assert_snapshot!(twice.err, @"
    × this deploy has ended already, and stands since [TIME] UTC
    help: one `tagout end` is enough; its report says how it went
    ");
    job.begin();
    assert_eq!(job.end().code, 0, "a job may deploy again");
}

#[test]
fn an_end_that_does_not_know_the_jobs_status_says_so() {
    let (pm2, _) = shared_host();
    let job = Job::on(&pm2);
    job.begin();
    let ended = job.run(&["end"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(ended.err.contains("without --job-status nobody says"), "{}", ended.err);
}

#[test]
fn without_a_ci_system_the_lease_is_printed_for_the_shell() {
    let (pm2, _) = shared_host();
    let job = Job::on(&pm2);
    let script = "
        eval \"$($TAGOUT begin --app shop/production)\"
        ./unguarded -s delete stock-alert-api
        $TAGOUT end --job-status success
    ";
    let mut shell = job.command("sh");
    shell.args(["-c", script]).env("TAGOUT", env!("CARGO_BIN_EXE_tagout"));
    let ran = job.ran(shell.env_remove("GITHUB_ENV").output().unwrap());
    assert_eq!(ran.code, 3, "{}", ran.err);
    expect_all_run(&pm2);
}

#[test]
fn a_lease_that_cannot_be_handed_on_is_not_begun() {
    let (pm2, _) = shared_host();
    let job = Job::on(&pm2);
    let mut command = job.tagout(&["begin", "--app", "shop/production"]);
    let ran = job.ran(command.env("GITHUB_ENV", pm2.folder()).output().unwrap());
    assert_eq!(ran.code, 2);
    assert_snapshot!(ran.err, @"
    tagout: snapshot [ID] of 4 processes
      × the later steps of the job cannot be told: Is a directory (os error 21)
      help: nothing was changed; GITHUB_ENV names a file that tagout must be able
            to write
    ");
    assert!(!job.is_locked());
}

/// As GitHub's runner does it after each job: all that has its variable is killed.
#[test]
fn the_watchdog_is_not_among_the_orphans_that_a_runner_kills() {
    let (pm2, _) = shared_host();
    let job = Job::on(&pm2);
    job.begin();
    let all = fs::read_dir("/proc").unwrap().flatten();
    for pid in all.filter_map(|entry| entry.file_name().to_str()?.parse().ok()) {
        let is_tracked = tagout::host::proc::variable(pid, "RUNNER_TRACKING_ID");
        if is_tracked == Some(job.tracking()) {
            kill(pid);
        }
    }
    assert!(job.is_locked());
    job.step(BAD);
    assert_eq!(job.end().code, 3);
    expect_all_run(&pm2);
}

#[test]
fn an_end_whose_watchdog_was_killed_goes_on_without_it() {
    let (pm2, _) = shared_host();
    let job = Job::on(&pm2);
    job.begin();
    kill(job.watchdog());
    wait_for("the lock to be free", || (!job.is_locked()).then_some(()));
    job.step(BAD);
    let ended = job.end();
    assert_eq!(ended.code, 3, "{}", ended.err);
    assert!(
        ended.err.contains("the watchdog was killed; another takes its place"),
        "{}",
        ended.err
    );
    expect_all_run(&pm2);
    assert!(!job.is_locked());
}

#[test]
fn a_deploy_that_comes_after_a_killed_watchdog_rolls_back_first_and_the_end_says_so() {
    let (pm2, _) = shared_host();
    let job = Job::on(&pm2);
    job.begin();
    job.step(BAD);
    kill(job.watchdog());
    let next = guarded(&pm2, &["--wait", "60s", "--", "pm2", "-s", "restart", "shop-api"]);
    let next = job.ran({ next }.output().unwrap());
    assert_eq!(next.code, 0, "{}", next.err);
    expect_all_run(&pm2);
    let ended = job.end();
    assert_eq!(ended.code, 3, "{}", ended.err);
    assert!(ended.err.contains("was ended before its `tagout end`"), "{}", ended.err);
}

#[test]
fn an_end_does_nothing_where_another_user_had_the_host_in_between() {
    let (pm2, _) = shared_host();
    let job = Job::on(&pm2);
    job.begin();
    kill(job.watchdog());
    let mut other = guarded(&pm2, &["--wait", "60s", "--", "sh", "-c", BAD]);
    let other = other.env("TAGOUT_STATE", pm2.folder().join("other")).output().unwrap();
    assert_eq!(other.status.code(), Some(3), "it rolls back what it did itself");
    let ended = job.end();
    assert_eq!(ended.code, 4, "{}", ended.err);
    assert_snapshot!(ended.err, @"
    tagout: the watchdog was killed, and somebody else had the host since: nothing was done
    tagout: look at the host with `tagout snapshot diff`: a person is needed
    ");
    assert_eq!(job.count("rolling-back"), 0);
    assert!(!job.is_locked());
}

#[test]
fn a_begin_killed_at_any_step_leaves_the_host_free_and_untouched() {
    let (pm2, _) = shared_host();
    let before = running(&pm2);
    for step in ["begun", "snapshot", "armed"] {
        let job = Job::on(&pm2);
        let earlier = fs::read_dir(pm2.state().join("journal")).map_or(0, Iterator::count);
        let mut begin = job
            .tagout(&["begin", "--app", "shop/production"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_for(step, || {
            let listed = fs::read_dir(pm2.state().join("journal")).map_or(0, Iterator::count);
            (listed > earlier && job.count(step) > 0).then_some(())
        });
        begin.kill().unwrap();
        begin.wait().unwrap();
        // It may have been faster, and then it is a lease.
        if job.count("starting") > 0 {
            assert_eq!(job.end().code, 0);
        }
        wait_for("the lock to be free", || (!job.is_locked()).then_some(()));
        assert_eq!(job.count("rolling-back"), 0, "{step}");
    }
    assert_eq!(before, running(&pm2));
}

#[test]
fn an_end_killed_at_any_step_is_finished_by_the_watchdog() {
    let (pm2, _) = shared_host();
    for (step, script) in [
        ("ending", BAD),
        ("ended", BAD),
        ("rolling-back", BAD),
        ("restored", BAD),
        ("rolled-back", BAD),
        ("stands", GOOD),
        ("closed", GOOD),
    ] {
        let job = Job::on(&pm2);
        job.begin();
        job.step(script);
        let mut end =
            job.tagout(&["end", "--job-status", "success"]).stderr(Stdio::null()).spawn().unwrap();
        wait_for(step, || (job.count(step) > 0).then_some(()));
        end.kill().unwrap();
        end.wait().unwrap();
        wait_for("the watchdog", || (job.count("closed") == 1).then_some(()));
        wait_for("the lock to be free", || (!job.is_locked()).then_some(()));
        assert!(job.count("rolled-back") <= 1, "{step}: rolled back twice");
        assert!(!job.report().is_empty(), "{step}");
        expect_all_run(&pm2);
    }
}

#[test]
fn a_job_whose_temporary_files_were_cleaned_away_ends_as_any_other() {
    let (pm2, _) = shared_host();
    let job = Job::on(&pm2);
    job.begin();
    let steps = job.steps();
    let doors =
        steps.iter().find(|one| one["step"] == "doors").unwrap()["folder"].as_str().unwrap();
    fs::remove_dir_all(doors).unwrap();
    let ended = job.end();
    assert_eq!(ended.code, 0, "{}", ended.err);
    wait_for("the lock to be free", || (!job.is_locked()).then_some(()));
}

#[test]
fn an_end_that_comes_as_the_time_is_over_and_the_watchdog_do_not_both_act() {
    let (pm2, _) = shared_host();
    for round in 0..6_u64 {
        let job = Job::on(&pm2);
        let begun = job.run(&["begin", "--app", "shop/production", "--time-limit", "2s"]);
        assert_eq!(begun.code, 0, "{}", begun.err);
        job.step(BAD);
        std::thread::sleep(Duration::from_millis(100 * round));
        let ended = job.end();
        assert_eq!(ended.code, 3, "{}", ended.err);
        assert_eq!(job.count("closed"), 1);
        assert_eq!(job.count("rolling-back"), 1);
        assert_eq!(job.count("restored"), 1);
        expect_all_run(&pm2);
        wait_for("the lock to be free", || (!job.is_locked()).then_some(()));
    }
}

#[test]
fn a_lease_that_is_given_up_is_not_rolled_back_and_its_end_says_so() {
    let (pm2, _) = shared_host();
    let job = Job::on(&pm2);
    job.begin();
    job.step(BAD);
    let mut command = job.command("sh");
    command.args(["-c", "exec \"$TAGOUT\" lock release \"$TAGOUT_LEASE\""]);
    let released = command.env("TAGOUT", env!("CARGO_BIN_EXE_tagout")).output().unwrap();
    let released = job.ran(released);
    assert_eq!(released.code, 0, "{}", released.err);
    assert!(!job.is_locked());
    assert!(!running(&pm2).contains_key("stock-alert-api"));
    let ended = job.end();
    assert_eq!(ended.code, 4, "{}", ended.err);
    assert_snapshot!(ended.err, @"
    tagout: this deploy was ended before its `tagout end`: its lock was taken away, and nothing was rolled back
    tagout: report: [FOLDER]/state/reports/[ID].md
    ");
    assert_snapshot!(told(&job.report()), @r"
    # Ended, for its lock was taken away: a person goes on

    | | |
    |---|---|
    | Severity | not known: nobody has looked |
    | Host | `[HOST]` |
    | Deployed | shop/production |
    | Command | `` the steps after `tagout begin` `` |
    | It ended | not known, for the job did not come to `tagout end` |
    | Started (UTC) | [TIME] |
    | All took | [DURATION] |
    | Snapshot | `[ID]` |

    ## Why it was ended

    - the lock was taken away by alice, by its token

    ## Checks

    After the deploy: not run.

    ## What is left to do

    - [ ] Compare the host with the snapshot: \`tagout snapshot diff [ID]\`; bring back what is missing: \`tagout rollback [ID]\`.

    ## Timeline

    | Time (UTC) | |
    |---|---|
    | [TIME] | snapshot [ID] of 4 processes |
    | [TIME] | deploying shop/production, until \`tagout end\` within [DURATION] |

    ## For the review

    | | |
    |---|---|
    | Incident commander | |
    | Users affected | |
    | Revenue impact | |
    | SLA impact | |
    | Root cause | |
    | Contributing factors | |
    | What went well | |
    | What could be improved | |

    | Action | Owner | Due | Status |
    |---|---|---|---|
    | | | | [ ] |
    ");
}

#[test]
fn an_end_that_is_interrupted_rolls_back() {
    let (pm2, _) = shared_host();
    let config = fs::read_to_string(pm2.folder().join("tagout.yml")).unwrap();
    let probe = "probes:\n  slow: {command: [sleep, '2'], expect: exit_code == 0}";
    let config = config.replace("probes:", probe).replace("[ready, ", "[slow, ready, ");
    pm2.write("tagout.yml", &config);
    let job = Job::on(&pm2);
    job.begin();
    let end =
        job.tagout(&["end", "--job-status", "success"]).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("the end", || (job.count("ended") > 0).then_some(()));
    kill_process(Pid::from_child(&end), Signal::TERM).unwrap();
    let ended = job.ran(end.wait_with_output().unwrap());
    assert_ne!(ended.code, 0, "{}", ended.err);
    assert!(ended.err.contains("rolling back: the deploy was interrupted"), "{}", ended.err);
}
