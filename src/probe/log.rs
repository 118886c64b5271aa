use super::{
    Measure, Measuring,
    facts::{Facts, Kept, from_kept, map, whole},
    filling::Filling,
    process::pm2_named,
};
use crate::config::{Log, LogSource, Named, Since};
use cel::Value;
use jiff::Timestamp;
use regex::Regex;
use serde_json::json;
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read as _, Seek, SeekFrom},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt},
    process::Command,
};

/// What is looked at of one line; what stands behind is passed over.
const LONGEST_LINE: u64 = 64 << 10;

/// Lines of one log.
pub struct Prober {
    source: Source,
    search: Arc<Search>,
    since: Option<Since>,
    last: Option<usize>,
    /// Where the log had come to at the snapshot.
    before: Option<Kept>,
    /// Whether this is the measurement for the snapshot.
    is_first: bool,
}

enum Source {
    File(PathBuf),
    Pm2(String),
    Journal(String),
}

/// What is looked for.
struct Search {
    patterns: Vec<(String, Regex)>,
    is_single: bool,
    ignore: Vec<Regex>,
}

/// What was found.
#[derive(Default)]
struct Found {
    lines: u64,
    counts: Vec<u64>,
    newest: Option<String>,
}

impl Prober {
    pub fn new(
        log: &Log,
        before: Option<&Kept>,
        is_first: bool,
        filling: &mut Filling,
    ) -> Result<Self, String> {
        let source = match log.source().ok_or("the log has no source")? {
            LogSource::File(path) => {
                let path = filling.fill(path)?;
                Source::File(filling.folder.join(path))
            }
            LogSource::Pm2(name) => Source::Pm2(name.to_owned()),
            LogSource::Journal(unit) => Source::Journal(unit.to_owned()),
        };
        let patterns = log.patterns.iter();
        let search = Search {
            patterns: patterns.map(|(name, it)| (name.to_owned(), it.0.clone())).collect(),
            is_single: matches!(log.patterns, Named::One(_)),
            ignore: log.ignore.iter().map(|pattern| pattern.0.clone()).collect(),
        };
        let unlimited = log.since.is_some() || log.last.is_some();
        Ok(Self {
            source,
            search: Arc::new(search),
            since: log.since,
            last: if unlimited { log.last } else { Some(Log::LAST) },
            before: before.cloned(),
            is_first,
        })
    }

    /// What the snapshot says, where the probe asks for what came after it.
    fn position(&self) -> Result<Option<&serde_json::Value>, String> {
        if self.since != Some(Since::Deploy) || self.is_first {
            return Ok(None);
        }
        let kept = self.before.as_ref().and_then(|kept| kept.get(Log::POSITION));
        kept.map(Some).ok_or_else(|| {
            "no snapshot says where the log was; `tagout snapshot take` and `tagout deploy` record it"
                .to_owned()
        })
    }

    async fn in_files(&self, files: Vec<PathBuf>) -> Result<(Found, u64, Value), String> {
        let position = self.position()?.cloned();
        let (search, last, is_first) = (Arc::clone(&self.search), self.last, self.is_first);
        let stop = Stop::default();
        let stopped = Arc::clone(&stop.0);
        tokio::task::spawn_blocking(move || {
            let (mut found, mut size, mut positions) = (search.nothing(), 0, Vec::new());
            for path in files {
                let name = path.to_string_lossy().into_owned();
                let unreadable = |cause: io::Error| format!("{name} cannot be read: {cause}");
                let mut file = File::open(&path).map_err(unreadable)?;
                let metadata = file.metadata().map_err(unreadable)?;
                let (inode, length) = (metadata.ino(), metadata.len());
                size += length;
                positions.push((name.clone(), json!({"inode": inode, "size": length})));
                if is_first {
                    continue;
                }
                let at = position.as_ref().map(|position| &position[&name]);
                let start = match (at, last) {
                    // Another file has taken its place, or it was emptied: all of it is new.
                    (Some(at), _) if at["inode"] != json!(inode) => 0,
                    (Some(at), _) => at["size"].as_u64().filter(|at| *at <= length).unwrap_or(0),
                    (None, Some(last)) => {
                        start_of_last(&mut file, length, last).map_err(unreadable)?
                    }
                    (None, None) => 0,
                };
                file.seek(SeekFrom::Start(start)).map_err(unreadable)?;
                let lines = BufReader::new(file.take(length - start));
                search.through(lines, &mut found, &stopped).map_err(unreadable)?;
            }
            let positions = positions.into_iter().map(|(name, at)| (name, from_kept(at)));
            Ok((found, size, map(positions)))
        })
        .await
        .map_err(|_| "the log could not be read".to_owned())?
    }

    async fn in_journal(&self, unit: &str) -> Result<Found, String> {
        let mut arguments = Vec::new();
        match (self.since, self.position()?) {
            (Some(Since::Past(length)), _) => {
                arguments.push(format!("--since=-{}s", length.as_secs_f64()));
            }
            (Some(Since::Deploy), Some(at)) => {
                let micros = at["microsecond"].as_i64().ok_or("the snapshot has no time")?;
                arguments.push(format!("--since=@{:.6}", micros as f64 / 1e6));
            }
            _ => {}
        }
        if let Some(last) = self.last {
            arguments.push(format!("--lines={last}"));
        }
        let found = self.journal(unit, &arguments).await?;
        // A name that is misspelt has no lines either, nor has a unit that only others may see.
        if found.lines == 0 && self.journal(unit, &["--lines=1".to_owned()]).await?.lines == 0 {
            return Err(format!(
                "the journal has nothing of the unit {unit:?}: is that its name, and may this user see it?"
            ));
        }
        Ok(found)
    }

    /// What the journal has of a unit, line by line.
    async fn journal(&self, unit: &str, arguments: &[String]) -> Result<Found, String> {
        let child = Command::new("journalctl")
            .args(["--no-pager", "--quiet", "--output=cat", &format!("--unit={unit}")])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = child.map_err(|cause| format!("journalctl cannot be run: {cause}"))?;
        let (out, errors) = (child.stdout.take(), child.stderr.take());
        let (Some(out), Some(mut errors)) = (out, errors) else {
            return Err("journalctl cannot be read".to_owned());
        };
        let mut said = String::new();
        let (found, _, status) =
            tokio::join!(self.search.stream(out), errors.read_to_string(&mut said), child.wait());
        let status = status.map_err(|cause| cause.to_string())?;
        match found {
            Ok(found) if status.success() => Ok(found),
            _ => Err(format!("the journal cannot be read: {}", said.trim())),
        }
    }
}

/// Ends the reading of a long file when nobody waits for it any more.
#[derive(Default)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Where the last so many lines begin.
fn start_of_last(file: &mut File, length: u64, last: usize) -> io::Result<u64> {
    let (mut end, mut breaks, mut chunk) = (length, 0, vec![0; 64 << 10]);
    while end > 0 {
        let start = end.saturating_sub(chunk.len() as u64);
        let part = &mut chunk[..(end - start) as usize];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(part)?;
        for (at, _) in part.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n') {
            let next = start + at as u64 + 1;
            // The break at the very end begins no line.
            breaks += usize::from(next < length);
            if breaks == last {
                return Ok(next);
            }
        }
        end = start;
    }
    Ok(0)
}

impl Search {
    fn nothing(&self) -> Found {
        Found { counts: vec![0; self.patterns.len()], ..Found::default() }
    }

    fn through(
        &self,
        mut lines: impl BufRead,
        found: &mut Found,
        stop: &AtomicBool,
    ) -> io::Result<()> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
            if read == 0 || stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            if !line.ends_with(b"\n") && read as u64 == LONGEST_LINE {
                lines.skip_until(b'\n')?;
            }
            self.look(&String::from_utf8_lossy(&line), found);
        }
    }

    /// The same for what is still being written.
    async fn stream(&self, lines: impl AsyncRead + Unpin) -> io::Result<Found> {
        let (mut lines, mut line) = (tokio::io::BufReader::new(lines), Vec::new());
        let (mut found, mut is_rest) = (self.nothing(), false);
        loop {
            line.clear();
            let read = (&mut lines).take(LONGEST_LINE).read_until(b'\n', &mut line).await?;
            if read == 0 {
                return Ok(found);
            }
            if !is_rest {
                self.look(&String::from_utf8_lossy(&line), &mut found);
            }
            is_rest = !line.ends_with(b"\n");
        }
    }

    fn look(&self, line: &str, found: &mut Found) {
        let line = line.trim_end_matches(['\n', '\r']);
        found.lines += 1;
        if self.ignore.iter().any(|pattern| pattern.is_match(line)) {
            return;
        }
        for ((_, pattern), count) in self.patterns.iter().zip(&mut found.counts) {
            if pattern.is_match(line) {
                *count += 1;
                found.newest = Some(line.to_owned());
            }
        }
    }
}

impl Measure for Prober {
    fn measure(&mut self) -> Measuring<'_> {
        Box::pin(async {
            let started = Instant::now();
            let (found, size, position) = match &self.source {
                Source::Journal(unit) => {
                    let now = Value::Int(Timestamp::now().as_microsecond());
                    let now = map([("microsecond", now)]);
                    (self.in_journal(unit).await?, None, now)
                }
                Source::File(path) => {
                    let (found, size, position) = self.in_files(vec![path.clone()]).await?;
                    (found, Some(size), position)
                }
                Source::Pm2(name) => {
                    let (found, size, position) = self.in_files(pm2_logs(name).await?).await?;
                    (found, Some(size), position)
                }
            };
            let mut facts = Facts::after(started.elapsed());
            facts.set(Log::POSITION, position);
            facts.set("lines", whole(found.lines));
            match size {
                Some(size) => facts.set("size", whole(size)),
                None => facts.set_absent("size", "the journal has none"),
            }
            if self.search.is_single {
                facts.set("count", whole(found.counts.iter().sum()));
                facts.set_absent("matches", "there is one pattern, and it has no name");
                match &found.newest {
                    Some(line) => facts.set_text("newest", line),
                    None => facts.set_absent("newest", "no line matches"),
                }
            } else {
                let names = self.search.patterns.iter().map(|(name, _)| name.clone());
                facts.set("matches", map(names.zip(found.counts.into_iter().map(whole))));
                facts.set_absent("count", "there are several patterns; write `matches.NAME`");
                facts.set_absent("newest", "there are several patterns");
            }
            let newest = found.newest.as_deref().map(shortened);
            facts.note = newest.map(|line| format!("the last was {line:?}"));
            Ok(facts)
        })
    }
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(160) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// The files that PM2 writes for the instances of an app.
async fn pm2_logs(name: &str) -> Result<Vec<PathBuf>, String> {
    let mut files: Vec<PathBuf> = Vec::new();
    for process in pm2_named(name).await? {
        for key in ["pm_out_log_path", "pm_err_log_path"] {
            let path = process.recipe.0.get(key).and_then(serde_json::Value::as_str);
            let path = path.filter(|path| !path.is_empty() && *path != "/dev/null").map(Path::new);
            if let Some(path) = path.filter(|path| !files.iter().any(|known| known == path)) {
                files.push(path.to_owned());
            }
        }
    }
    if files.is_empty() {
        return Err(format!("PM2 writes no log for {name:?}"));
    }
    Ok(files)
}
