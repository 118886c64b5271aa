use super::{
    Measure, Measuring,
    facts::{Facts, map, whole},
    filling::Filling,
};
use crate::config::Host;
use cel::Value;
use std::time::Instant;
use sysinfo::{MemoryRefreshKind, System};

/// A look at what the host has left.
pub struct Prober {
    /// As they are written, and filled in.
    disks: Vec<(String, String)>,
}

impl Prober {
    pub fn new(host: &Host, filling: &mut Filling) -> Result<Self, String> {
        let disks = host.disks.iter();
        let disks = disks.map(|disk| Ok((disk.as_written().to_owned(), filling.fill(disk)?)));
        Ok(Self { disks: disks.collect::<Result<_, String>>()? })
    }
}

impl Measure for Prober {
    fn measure(&mut self) -> Measuring<'_> {
        let disks = self.disks.clone();
        Box::pin(async {
            // A network disk that hangs must hang nobody else.
            let looked = tokio::task::spawn_blocking(move || look(&disks)).await;
            looked.map_err(|_| "the host could not be looked at")?
        })
    }
}

fn look(disks: &[(String, String)]) -> Result<Facts, String> {
    let started = Instant::now();
    let mut system = System::new().map_err(|cause| cause.to_string())?;
    system.refresh_memory_specifics(MemoryRefreshKind::everything());
    let disks = disks.iter().map(|(written, path)| Ok((written.clone(), disk(path)?)));
    let disks: Vec<(String, Disk)> = disks.collect::<Result<_, String>>()?;
    let load = System::load_average();
    let mut facts = Facts::after(started.elapsed());
    let fullest = disks.iter().map(|(_, disk)| disk).max_by(|a, b| a.used.total_cmp(&b.used));
    match fullest {
        Some(disk) => facts.set("fullest", disk.facts.clone()),
        None => facts.set_absent("fullest", "there are no disks"),
    }
    facts.set("disk", map(disks.into_iter().map(|(written, disk)| (written, disk.facts))));
    let (available, total) = (system.available_memory(), system.total_memory());
    if total == 0 {
        return Err("this system does not say what memory it has".to_owned());
    }
    facts.set("memory", space("available", available, total));
    facts.set("swap", space("free", system.free_swap(), system.total_swap()));
    for (name, value) in [("load1", 0), ("load5", 1), ("load15", 2)] {
        match &load {
            Ok(load) => facts.set(name, [load.one, load.five, load.fifteen][value]),
            Err(_) => facts.set_absent(name, "this system does not say"),
        }
    }
    match std::thread::available_parallelism() {
        Ok(cpus) => facts.set("cpus", cpus.get() as i64),
        Err(cause) => facts.set_absent("cpus", cause.to_string()),
    }
    Ok(facts)
}

fn space(free_name: &'static str, free: u64, total: u64) -> Value {
    let used = percent(total.saturating_sub(free), total);
    map([(free_name, whole(free)), ("total", whole(total)), ("used_percent", Value::Float(used))])
}

/// To the hundredth: more digits only make it hard to read. What is nothing of nothing, is nothing.
fn percent(part: u64, total: u64) -> f64 {
    if total == 0 { 0.0 } else { (part as f64 * 10_000.0 / total as f64).round() / 100.0 }
}

struct Disk {
    /// In percent.
    used: f64,
    facts: Value,
}

/// The disk that a path is on, as `df` sees it: what only root may use is not there for others.
fn disk(path: &str) -> Result<Disk, String> {
    let found = rustix::fs::statvfs(path)
        .map_err(|cause| format!("{path} cannot be looked at: {}", std::io::Error::from(cause)))?;
    let used = found.f_blocks.saturating_sub(found.f_bfree);
    let used = percent(used, used + found.f_bavail);
    let facts = map([
        ("path", Value::from(path)),
        ("free", whole(found.f_bavail.saturating_mul(found.f_frsize))),
        ("total", whole(found.f_blocks.saturating_mul(found.f_frsize))),
        ("used_percent", Value::Float(used)),
        // Some file systems have as many as they like, and say 0.
        (
            "free_inodes_percent",
            Value::Float(match found.f_files {
                0 => 100.0,
                files => percent(found.f_favail, files),
            }),
        ),
    ]);
    Ok(Disk { used, facts })
}
