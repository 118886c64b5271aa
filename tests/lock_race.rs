//! Many processes that want one lock, and die of `kill -9` at any moment: never two have it, and it is
//! never stranded. `TAGOUT_LOCK_RACES=10000 cargo test --test lock_race` runs more of it.

#![cfg(unix)]

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tagout::guard::lock::{self, Attempt, Holder, LockPlace, Reach, Status};
use tagout::host::proc::{Identity, runs, stat};

const WORKERS: usize = 8;
const RACES: usize = 400;
/// Names the folder to the processes that race: they are this program, too.
const FOLDER: &str = "TAGOUT_TEST_RACE_IN";

/// What the racers share: the lock, a log of who came in and who went out, and where one who dies is
/// replaced.
struct Race {
    folder: PathBuf,
}

impl Race {
    fn place(&self) -> LockPlace {
        LockPlace { path: self.folder.join("tagout.lock"), reach: Reach::Given }
    }

    /// The lines of the log that are whole: what happened, the pid, and when its process started.
    fn log(&self) -> Vec<(String, u32, u64)> {
        let text = fs::read_to_string(self.folder.join("log")).unwrap();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(parsed).collect()
    }

    /// Its last line, without reading all of it.
    fn last(&self) -> Option<(String, u32, u64)> {
        let mut file = File::open(self.folder.join("log")).unwrap();
        let length = file.metadata().unwrap().len();
        file.seek(SeekFrom::Start(length.saturating_sub(200))).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        text.trim_end().lines().last().map(parsed)
    }
}

fn parsed(line: &str) -> (String, u32, u64) {
    let words: Vec<&str> = line.split(' ').collect();
    (words[0].to_owned(), words[1].parse().unwrap(), words[2].parse().unwrap())
}

/// Takes the lock again and again. Not a test of its own: it does nothing unless it is told where.
#[test]
fn racer() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let race = Race { folder: folder.into() };
    let mut log = OpenOptions::new().append(true).open(race.folder.join("log")).unwrap();
    let us = Identity::of_this_process();
    // One write each, so that lines do not mix.
    let mut note = |what: &str| {
        let line = format!("{what} {} {}\n", us.pid, us.started.unwrap());
        log.write_all(line.as_bytes()).unwrap();
    };
    loop {
        let holder = Holder::this_process("race".to_owned(), None);
        let Attempt::Taken(lock) = lock::try_take(&race.place(), &holder).unwrap() else {
            std::thread::sleep(Duration::from_micros(200));
            continue;
        };
        let before = race.last();
        note("in");
        // Whoever is inside and has not gone out must be dead.
        if let Some((what, pid, started)) = before
            && what == "in"
            && still_lives(pid, started)
        {
            note("TWO");
        }
        std::thread::sleep(Duration::from_micros(u64::from(us.pid % 7) * 300));
        note("out");
        drop(lock);
    }
}

/// The kernel lets go of a dying process' locks a moment before it is seen to be dead.
fn still_lives(pid: u32, started: u64) -> bool {
    let patience = Instant::now() + Duration::from_secs(5);
    while runs(pid, started) {
        if Instant::now() >= patience {
            return true;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    false
}

#[test]
fn of_racers_that_are_killed_at_random_never_two_have_the_lock_and_none_strands_it() {
    if stat(std::process::id()).is_none() {
        // Who lives cannot be proven here.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let race = Race { folder: folder.path().to_owned() };
    File::create(race.folder.join("log")).unwrap();
    let races = std::env::var("TAGOUT_LOCK_RACES").ok().and_then(|count| count.parse().ok());
    let races = races.unwrap_or(RACES);
    let mut racers: Vec<Child> = (0..WORKERS).map(|_| start(&race.folder)).collect();
    let (mut kills, mut killed_inside, mut seed) = (0, 0, 0x2545_f491_4f6c_dd1d_u64);
    let mut longest = Duration::ZERO;
    let mut seen = 0;
    let mut moved = Instant::now();
    while seen < races {
        let count = race.log().iter().filter(|(what, ..)| what == "in").count();
        if count > seen {
            (seen, moved) = (count, Instant::now());
        }
        assert!(moved.elapsed() < Duration::from_secs(30), "stranded after {seen} races");
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // Any of them, or the one that was inside a moment ago.
        let holder = race.last().filter(|(what, ..)| what == "in" && seed >> 62 != 0);
        let holder = holder.and_then(|(_, pid, _)| racers.iter().position(|one| one.id() == pid));
        let victim = holder.unwrap_or((seed >> 33) as usize % WORKERS);
        let pid = racers[victim].id();
        racers[victim].kill().unwrap();
        let died = Instant::now();
        racers[victim].wait().unwrap();
        if race.last().is_some_and(|(what, of, _)| what == "in" && of == pid) {
            killed_inside += 1;
            // The next one comes in as soon as the kernel says that the holder is dead.
            while race.last().is_some_and(|(_, of, _)| of == pid) {
                assert!(died.elapsed() < Duration::from_secs(30), "stranded by pid {pid}");
                std::thread::sleep(Duration::from_micros(100));
            }
            longest = longest.max(died.elapsed());
        }
        kills += 1;
        racers[victim] = start(&race.folder);
        std::thread::sleep(Duration::from_millis(seed >> 60));
    }
    for mut racer in racers {
        racer.kill().unwrap();
        racer.wait().unwrap();
    }
    let log = race.log();
    let (mut inside, mut dead) = (None, Vec::new());
    for (what, pid, started) in &log {
        assert_ne!(what, "TWO", "two had the lock");
        let who = (*pid, *started);
        if what == "in" {
            // Left without a word: it was killed, and must never be heard of again.
            dead.extend(inside.replace(who));
            assert!(!dead.contains(&who), "pid {pid} was inside with another");
        } else {
            assert_eq!(inside.take(), Some(who), "pid {pid} went out, and another was inside");
        }
    }
    assert!(matches!(lock::status(&race.place()).unwrap(), Status::Free(_)));
    assert!(killed_inside > 0, "no holder was killed");
    eprintln!(
        "{seen} times taken, {kills} killed, {killed_inside} of them holders; \
         taken again after at most {longest:?}"
    );
}

fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "racer", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
