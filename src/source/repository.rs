use super::{SourceFile, file::MAX_LEN, reached::note_file};
use foldhash::HashMap;
use std::{
    path::{Component, Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

/// More entries of a folder are not looked at.
const MAX_ENTRIES: usize = 1_000;

/// The files of a repository.
#[derive(Clone, Debug)]
pub struct Repository {
    root: PathBuf,
    /// Files outside of it are read, too, as it is where they would run.
    on_host: bool,
    /// Its files that were asked for, by their paths: many workflows ask for the same.
    known: Option<Arc<Known>>,
}

/// Nothing of those that are not there.
type Known = RwLock<HashMap<PathBuf, Option<Arc<SourceFile>>>>;

/// What is installed in these is a program, not a script of somebody's deploy.
const INSTALLED: [&str; 6] = ["/usr/bin", "/usr/sbin", "/usr/lib", "/usr/share", "/bin", "/lib"];

impl Repository {
    /// The repository that a file belongs to: the folder that holds the `.github` which the file
    /// is in, else the nearest folder above it that is a repository, else its own folder.
    pub fn of(file: &Path) -> Self {
        let is_forge = |folder: &&Path| {
            let name = folder.file_name().and_then(|name| name.to_str());
            matches!(name, Some(".github" | ".gitea" | ".forgejo"))
        };
        let forge = file.ancestors().find(is_forge).and_then(Path::parent);
        // From within `.github/workflows` the repository is above.
        let above = || {
            let (full, here) = (std::path::absolute(file).ok()?, std::env::current_dir().ok()?);
            let root = full.ancestors().find(is_forge).and_then(Path::parent)?;
            let below = here.strip_prefix(root).ok()?;
            Some(below.components().map(|_| "..").collect::<PathBuf>())
        };
        if forge.is_none()
            && file.is_relative()
            && let Some(root) = above()
        {
            return Self { root, on_host: false, known: None };
        }
        let is_root = |folder: &&Path| {
            [".git", ".github", ".gitea", ".forgejo"].iter().any(|name| folder.join(name).exists())
        };
        let root = forge.or_else(|| file.ancestors().skip(1).find(is_root)).or(file.parent());
        Self { root: root.unwrap_or(Path::new("")).to_owned(), on_host: false, known: None }
    }

    /// What a process that works in `folder` finds: the repository around it, and all scripts of the
    /// host.
    pub fn on_host(folder: &Path) -> Self {
        // A file of that folder, whatever its name.
        Self { on_host: true, ..Self::of(&folder.join("command")) }
    }

    /// The same, which reads each file once: for what is read in one go.
    pub fn remembering(self) -> Self {
        Self { known: Some(Arc::default()), ..self }
    }

    /// An absolute folder that is in it, from its root.
    pub fn below(&self, folder: &Path) -> Option<PathBuf> {
        let is_absolute = self.root.is_absolute();
        folder.strip_prefix(&self.root).ok().filter(|_| is_absolute).map(Path::to_owned)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The names in a folder, by its path from the root, in their order.
    pub fn names_in(&self, folder: &Path) -> Vec<String> {
        let path = self.root.join(folder);
        let here = if path.as_os_str().is_empty() { Path::new(".") } else { &path };
        let entries = here.read_dir().into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .take(MAX_ENTRIES)
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Whether a path from the root is a folder, and no link to one.
    pub fn is_folder(&self, path: &Path) -> bool {
        self.root.join(path).symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
    }

    /// The file at a path that starts at the root; nothing if it is not there, is outside, or is
    /// too large for a script.
    pub fn file(&self, path: &Path) -> Option<Arc<SourceFile>> {
        if self.on_host && (path.is_absolute() || path.starts_with("..")) {
            return script_of_host(&self.root.join(path));
        }
        let mut relative = PathBuf::new();
        for part in path.components() {
            match part {
                Component::Normal(name) => relative.push(name),
                Component::CurDir => {}
                Component::ParentDir if relative.pop() => {}
                _ => return None,
            }
        }
        let path = self.root.join(relative);
        note_file(&path);
        let Some(known) = &self.known else { return self.read(&path) };
        if let Some(file) = known.read().unwrap_or_else(PoisonError::into_inner).get(&path) {
            return file.clone();
        }
        let file = self.read(&path);
        known.write().unwrap_or_else(PoisonError::into_inner).insert(path, file.clone());
        file
    }

    fn read(&self, path: &Path) -> Option<Arc<SourceFile>> {
        let metadata = path.metadata().ok()?;
        if !metadata.is_file() || metadata.len() > MAX_LEN as u64 {
            return None;
        }
        // A link may lead out of the repository.
        let root = if self.root.as_os_str().is_empty() { Path::new(".") } else { &self.root };
        if !path.canonicalize().ok()?.starts_with(root.canonicalize().ok()?) {
            return None;
        }
        Some(Arc::new(SourceFile::read(path).ok()?))
    }
}

/// A file anywhere on this host, if it can be a script of somebody's deploy.
fn script_of_host(path: &Path) -> Option<Arc<SourceFile>> {
    let real = path.canonicalize().ok()?;
    let is_installed = INSTALLED.iter().any(|folder| real.starts_with(folder))
        || real.iter().any(|part| part == "node_modules");
    let metadata = real.metadata().ok()?;
    if is_installed || !metadata.is_file() || metadata.len() > MAX_LEN as u64 {
        return None;
    }
    Some(Arc::new(SourceFile::read(path).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_repository_is_what_holds_the_workflows() {
        let root = |file: &str| Repository::of(Path::new(file)).root;
        assert_eq!(root(".github/workflows/a.yml"), Path::new(""));
        assert_eq!(root("fixtures/app/.gitea/workflows/a.yml"), Path::new("fixtures/app"));
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(".github")).unwrap();
        let action = folder.path().join("actions/x/action.yml");
        assert_eq!(Repository::of(&action).root, folder.path());
    }

    #[test]
    fn only_files_of_the_repository_itself_are_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("inner/bin")).unwrap();
        fs::write(folder.path().join("secret"), "").unwrap();
        fs::write(folder.path().join("inner/x.sh"), "").unwrap();
        let inner = Repository::of(&folder.path().join("inner/.github/workflows/a.yml"));
        assert!(inner.file(Path::new("./bin/../x.sh")).is_some());
        for path in ["../secret", "/etc/passwd", "bin", "none"] {
            assert!(inner.file(Path::new(path)).is_none(), "{path}");
        }
    }

    #[test]
    fn a_repository_that_remembers_reads_each_file_once() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.sh"), "").unwrap();
        let file = folder.path().join(".github/workflows/a.yml");
        let repository = Repository::of(&file).remembering();
        let (x, y) = (Path::new("x.sh"), Path::new("y.sh"));
        let first = repository.file(x).unwrap();
        assert!(repository.file(y).is_none());
        fs::write(folder.path().join("y.sh"), "").unwrap();
        assert!(Arc::ptr_eq(&repository.clone().file(x).unwrap(), &first));
        assert!(repository.file(y).is_none());
        assert!(Repository::of(&file).file(y).is_some());
    }
}
