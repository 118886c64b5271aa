//! What a process costs: its CPU time and its peak memory, as the kernel counts them.

use nix::sys::resource::{UsageWho, getrusage};
use std::{
    env,
    ffi::OsString,
    io,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// What one run of a command costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost {
    /// User and system time.
    pub cpu: Duration,
    pub wall: Duration,
    /// In bytes.
    pub peak: u64,
}

const MEASURED: &str = "--measured";

/// Does the measuring in a process of its own, if this is one: the kernel tells the peak memory of
/// all children together. To be called first.
pub fn measure_if_asked() {
    let mut arguments = env::args_os().skip(1);
    if arguments.next().is_some_and(|argument| argument == MEASURED) {
        let (folder, command): (Option<OsString>, Vec<OsString>) =
            (arguments.next(), arguments.collect());
        let cost = folder.and_then(|folder| run(Path::new(&folder), &command).ok());
        if let Some(cost) = cost {
            println!("{} {} {}", cost.cpu.as_micros(), cost.wall.as_micros(), cost.peak);
        }
        std::process::exit(i32::from(cost.is_none()));
    }
}

fn run(folder: &Path, command: &[OsString]) -> io::Result<Cost> {
    let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let start = Instant::now();
    let mut process = Command::new(program);
    process.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    process.status()?;
    let wall = start.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = |time: nix::sys::time::TimeVal| {
        Duration::from_secs(time.tv_sec() as u64) + Duration::from_micros(time.tv_usec() as u64)
    };
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    let peak = usage.max_rss() as u64 * unit;
    Ok(Cost { cpu: micros(usage.user_time()) + micros(usage.system_time()), wall, peak })
}

/// The cheapest of `times` runs of a command in a folder; nothing if it cannot be run.
pub fn cheapest(times: usize, folder: &Path, command: &[OsString]) -> Option<Cost> {
    let this = env::current_exe().ok()?;
    let once = || {
        let mut measuring = Command::new(&this);
        measuring.arg(MEASURED).arg(folder).args(command);
        let output = measuring.output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let mut numbers = text.split_whitespace().map_while(|number| number.parse::<u64>().ok());
        Some(Cost {
            cpu: Duration::from_micros(numbers.next()?),
            wall: Duration::from_micros(numbers.next()?),
            peak: numbers.next()?,
        })
    };
    (0..times).filter_map(|_| once()).min()
}
