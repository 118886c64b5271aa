use super::{
    Measure, Measuring,
    facts::{Facts, duration, time, whole},
    filling::Filling,
};
use crate::config::{File, matches_name};
use jiff::Timestamp;
use std::{
    fs::{self, Metadata},
    io::ErrorKind,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Instant, SystemTime},
};

/// A look at a file.
pub struct Prober {
    path: PathBuf,
}

impl Prober {
    pub fn new(file: &File, filling: &mut Filling) -> Result<Self, String> {
        let path = filling.fill(&file.path)?;
        Ok(Self { path: filling.folder.join(path) })
    }
}

impl Measure for Prober {
    fn measure(&mut self) -> Measuring<'_> {
        let path = self.path.clone();
        Box::pin(async {
            let looked = tokio::task::spawn_blocking(move || look(&path)).await;
            looked.map_err(|_| "the file could not be looked at")?
        })
    }
}

fn look(path: &Path) -> Result<Facts, String> {
    let started = Instant::now();
    let found = found(path)?;
    let mut facts = Facts::after(started.elapsed());
    facts.set("exists", !found.is_empty());
    facts.set("count", found.len() as i64);
    let newest = found.into_iter().max_by_key(|(_, metadata)| modified(metadata));
    let Some((path, metadata)) = newest else {
        let reason = format!("there is no {}", path.display());
        for name in ["size", "age", "modified", "kind", "mode", "path"] {
            facts.set_absent(name, reason.clone());
        }
        facts.note = Some(reason);
        return Ok(facts);
    };
    facts.set("size", whole(metadata.len()));
    facts.set("mode", format!("{:o}", metadata.permissions().mode() & 0o7777));
    facts.set_text("path", &path.to_string_lossy());
    facts.note = Some(format!("it is {}", path.display()));
    let kind = match metadata.file_type() {
        kind if kind.is_file() => "file",
        kind if kind.is_dir() => "folder",
        _ => "other",
    };
    facts.set("kind", kind);
    let modified = modified(&metadata);
    facts.set("age", duration(modified.elapsed().unwrap_or_default()));
    match Timestamp::try_from(modified) {
        Ok(modified) => facts.set("modified", time(modified)),
        Err(_) => facts.set_absent("modified", "it is too far away"),
    }
    Ok(facts)
}

fn modified(metadata: &Metadata) -> SystemTime {
    metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The file, or all in its folder that its name's stars let match.
fn found(path: &Path) -> Result<Vec<(PathBuf, Metadata)>, String> {
    let unreadable =
        |path: &Path, cause: std::io::Error| format!("{} cannot be read: {cause}", path.display());
    let look = |path: PathBuf| match fs::metadata(&path) {
        Ok(metadata) => Ok(Some((path, metadata))),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(unreadable(&path, cause)),
    };
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    if !name.contains('*') {
        return Ok(look(path.to_owned())?.into_iter().collect());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(|cause| unreadable(folder, cause))? {
        let entry = entry.map_err(|cause| unreadable(folder, cause))?;
        if matches_name(&name, &entry.file_name().to_string_lossy()) {
            all.extend(look(entry.path())?);
        }
    }
    Ok(all)
}
