use super::{
    Resource,
    target::{Reach, emptied},
};
use crate::{
    config::matches_name,
    invocation::{Hole, Origin, Piece, Word},
    program::Scope,
};

/// The folders of the system, right below the root.
const SYSTEM: [&str; 20] = [
    "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/media", "/mnt", "/opt",
    "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/var",
];

/// Folders below those whose loss takes down more than one app.
const WIDE: [&str; 20] = [
    "/var/www",
    "/var/www/html",
    "/var/www/vhosts",
    "/var/lib",
    "/var/lib/docker",
    "/var/log",
    "/usr/local",
    "/usr/local/bin",
    "/usr/bin",
    "/usr/lib",
    "/usr/share",
    "/usr/share/nginx",
    "/usr/share/nginx/html",
    "/srv/www",
    "/etc/nginx",
    "/etc/nginx/sites-enabled",
    "/etc/nginx/conf.d",
    "/etc/apache2/sites-enabled",
    "/etc/systemd",
    "/etc/systemd/system",
];

/// Folders that are there to be emptied.
const SCRATCH: [&str; 4] = ["/tmp/", "/var/tmp/", "/dev/shm/", "/dev/null"];

/// Names of what can be made again, or is a spare.
const ARTEFACTS: [&str; 22] = [
    "node_modules",
    ".next",
    ".nuxt",
    ".vite",
    ".venv",
    "__pycache__",
    "cache",
    ".cache",
    "tmp",
    "temp",
    "log",
    "logs",
    "coverage",
    "releases",
    "backup",
    "backups",
    "old",
    "previous",
    "artifacts",
    "build",
    "target",
    "staging",
];

/// The kind of a folder that holds a whole app, or all data of a service.
const WHOLE_APP: &str = "app-folder";

/// How far a path reaches; where a path does not stand for what is below it, only what a pattern
/// can match is more than one file.
pub fn reach(resource: &Resource, word: &Word) -> Reach {
    let written = normal(&word.to_string());
    if resource.shared.iter().any(|pattern| matches_name(pattern, &written)) {
        return Reach::of(Scope::Shared, word);
    }
    let text = with_placeholders(word);
    if !resource.with_folders && !is_glob(&text) {
        return Reach::of(Scope::Named, word);
    }
    if let Some(hole) = emptied(word)
        && let Some(text) = word.without_holes()
        && scope_of(&text) == Scope::All
    {
        let reason = format!("if {} is empty, this is `{text}`", hole.written);
        return Reach::of(Scope::All, word).because(reason);
    }
    let head = word.head();
    if word.holes().all(is_written_out) || head.starts_with('/') && head.len() > 1 {
        let mut reach = Reach::of(scope_of(&text), word);
        if !resource.with_folders {
            // A file among others in a folder of the app.
            let few = reach.scope == Scope::Pattern && text.contains('/');
            reach.scope = if few { Scope::Named } else { reach.scope };
        } else if reach.scope < Scope::All && is_whole_app(&text) {
            reach.scope = Scope::Named;
            reach.kind = Some(WHOLE_APP.to_owned());
        }
        return reach;
    }
    // A known relative folder in front keeps it inside the checkout, one behind inside another.
    let inside = !head.starts_with('~') && head.contains('/');
    let is_named = inside || is_scratch(word, head) || names_a_part(&text);
    Reach::of(if is_named { Scope::Named } else { Scope::Unknown }, word)
}

/// A relative path seen from the root, where the folder that it starts from is known.
pub fn placed(resource: &Resource, word: &Word, folder: &Word) -> Option<Word> {
    let folder = folder.text().filter(|folder| resource.path && folder.starts_with('/'))?;
    let is_relative = match word.pieces.first()? {
        Piece::Known(text) => !text.as_str().starts_with(['/', '~', '-']),
        Piece::Hole(hole) => matches!(hole.origin, Origin::Glob),
    };
    if !is_relative {
        return None;
    }
    let mut placed = Word::made_up(&format!("{}/", folder.trim_end_matches('/')));
    placed.append(word);
    Some(placed)
}

/// Stands for a part of a path that is not known.
const UNKNOWN: char = '\u{fffc}';

/// The path as it is written, with a mark for what is not known.
fn with_placeholders(word: &Word) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Known(text) => text.as_str().to_owned(),
        Piece::Hole(hole) if is_written_out(hole) => hole.written.clone(),
        Piece::Hole(_) => UNKNOWN.to_string(),
    };
    word.pieces.iter().map(piece).collect()
}

/// Whether what a hole is written as tells enough: a glob, the home folder.
fn is_written_out(hole: &Hole) -> bool {
    match &hole.origin {
        Origin::Glob => true,
        Origin::Variable(name) => name == "HOME",
        _ => false,
    }
}

/// Whether it is a folder for temporary files, by its path or by the name of the variable.
fn is_scratch(word: &Word, head: &str) -> bool {
    let by_name = |hole: &Hole| match &hole.origin {
        Origin::Variable(name) => {
            let name = name.to_lowercase();
            name.contains("tmp") || name.contains("temp_") || name.ends_with("temp")
        }
        _ => false,
    };
    SCRATCH.iter().any(|folder| head.starts_with(folder))
        || word.holes().next().is_some_and(by_name)
}

/// Whether the path has a folder, or the start of its name, of something that is not known:
/// `$APP/node_modules`, `$DIR/.staging-$$`.
fn names_a_part(text: &str) -> bool {
    let mut parts = text.split('/').skip(1);
    let is_named = |part: &str| !is_glob(part) && part.contains(char::is_alphanumeric);
    parts.any(is_named) && !text.contains("..") && !text.rsplit('/').next().is_some_and(is_glob)
}

fn scope_of(path: &str) -> Scope {
    let (folder, glob) = match path.rsplit_once('/') {
        Some((folder, last)) if is_glob(last) => (folder, Some(last)),
        None if is_glob(path) => (".", Some(path)),
        _ => (path, None),
    };
    let clean = normal(folder);
    let everything_in = matches!(glob, Some("*" | ".*" | "{*,.*}" | "."));
    if SCRATCH.iter().any(|scratch| path.starts_with(scratch)) {
        return Scope::Named;
    }
    let absolute = clean.starts_with(['/', '~']);
    let known = |folders: &[&str]| folders.contains(&clean.as_str());
    let is_home = absolute && is_home(&clean);
    let wide =
        clean == "/" || known(&SYSTEM) || known(&WIDE) || is_home || clean.ends_with("/.pm2");
    match glob {
        Some(_) if wide && everything_in => Scope::All,
        None if wide => Scope::All,
        _ if is_glob(folder) && absolute => Scope::Pattern,
        // A folder of a folder of the system that is there to be emptied.
        Some(_) if is_spare(&clean) => Scope::Named,
        Some(glob) if absolute && !everything_in && !in_app(&clean) && depth(&clean) > 1 => {
            // What a few letters say, in a folder that is not an app's.
            if glob.starts_with(['*', '?']) && depth(&clean) < 3 {
                Scope::Pattern
            } else {
                Scope::Named
            }
        }
        Some(_) if absolute && depth(&clean) > 1 && !in_app(&clean) => Scope::Named,
        Some(_) if absolute || (clean == "." && everything_in) => Scope::Pattern,
        None if clean == "." || clean == ".." => Scope::Pattern,
        _ => Scope::Named,
    }
}

/// Logs and caches of services: `/var/cache/nginx`, `/opt/web/logs`.
fn is_spare(folder: &str) -> bool {
    let spare = ["/var/cache/", "/var/log/", "/var/tmp/", "/var/spool/"];
    let last = folder.rsplit('/').next().unwrap_or_default();
    spare.iter().any(|spare| folder.starts_with(spare))
        || depth(folder) > 2 && last != "releases" && is_artefact(last)
}

/// Where apps live, each in a folder of its own.
const APPS: [&str; 4] = ["/var/www/", "/srv/", "/opt/", "/usr/share/nginx/html/"];

/// Whether it is the folder of an app, or one in it.
fn in_app(folder: &str) -> bool {
    APPS.iter().any(|apps| folder.starts_with(apps))
}

/// Whether a path is all of an app, what it serves, or the data of a service.
fn is_whole_app(path: &str) -> bool {
    let folder = match path.rsplit_once('/') {
        Some((folder, "*" | ".*")) => folder,
        _ => path,
    };
    let folder = normal(folder);
    let parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if is_glob(&folder) || parts.iter().skip(1).any(|part| is_artefact(part)) {
        return false;
    }
    match parts.as_slice() {
        ["home", _, app] | ["~", app] | ["root", app] => !app.starts_with('.'),
        ["srv" | "opt", _] | ["var", "www", _, ..] | ["var", "lib", _, ..] => true,
        _ => false,
    }
}

/// Whether it can be made again, or is a spare, by its name.
fn is_artefact(name: &str) -> bool {
    let spare = [".backup", ".bak", ".old", "-backup", "_backup", "-old", "_old", ".tmp"];
    ARTEFACTS.contains(&name) || spare.iter().any(|end| name.contains(end))
}

fn depth(folder: &str) -> usize {
    folder.split('/').filter(|part| !part.is_empty()).count()
}

fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// `/home/me` and `~`: all that a user has.
fn is_home(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    matches!(parts.as_slice(), ["home", _] | ["~"] | ["root"])
}

/// Without repeated and trailing slashes, `.` folders, and those that `..` leaves again.
fn normal(path: &str) -> String {
    let path = path.replacen("$HOME", "~", 1).replacen("${HOME}", "~", 1);
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        let is_left =
            |last: &&str| !is_glob(last) && !last.contains(UNKNOWN) && !matches!(*last, ".." | "~");
        match parts.last() {
            Some(last) if part == ".." && is_left(last) => drop(parts.pop()),
            None if part == ".." && path.starts_with('/') => {}
            _ => parts.push(part),
        }
    }
    match (path.starts_with('/') || path.is_empty(), parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".into(),
        (false, false) => parts.join("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reaches_as_far_as_what_lives_below_it() {
        for (path, expected) in [
            ("/", Scope::All),
            ("/*", Scope::All),
            ("//", Scope::All),
            ("/etc", Scope::All),
            ("/var/www/*", Scope::All),
            ("/var/www/", Scope::All),
            ("~", Scope::All),
            ("~/.pm2", Scope::All),
            ("/home/deploy", Scope::All),
            ("/etc/nginx/sites-enabled/*", Scope::All),
            ("/srv/web/releases/2024*", Scope::Pattern),
            ("*", Scope::Pattern),
            ("./*", Scope::Pattern),
            (".", Scope::Pattern),
            ("/var/www/site", Scope::Named),
            ("dist", Scope::Named),
            ("dist/*", Scope::Named),
            ("node_modules", Scope::Named),
            ("/tmp/build-*", Scope::Named),
            ("/var/www/html/*", Scope::All),
            ("/home/deploy/.pm2", Scope::All),
            ("/home/deploy/logs/web-*", Scope::Named),
            ("/opt/web/logs/*", Scope::Named),
            ("/var/cache/nginx/*", Scope::Named),
            ("/workdir/web/*", Scope::Named),
            ("/data/*", Scope::Pattern),
        ] {
            assert_eq!(scope_of(path), expected, "{path}");
        }
    }

    #[test]
    fn a_folder_that_holds_a_whole_app_is_known_by_where_it_stands() {
        for whole in [
            "/home/deploy/web",
            "/var/www/web",
            "/var/www/web/dist/*",
            "/srv/web",
            "/opt/web/*",
            "/var/lib/docker/network",
            "~/web",
        ] {
            assert!(is_whole_app(whole), "{whole}");
        }
        for part in [
            "/home/deploy/web/dist",
            "/home/deploy/.cache",
            "/var/www/web/node_modules",
            "/var/www/web.backup",
            "/srv/web/releases/3",
            "/opt/web/app",
            "/etc/nginx/sites-enabled/web",
            "dist",
        ] {
            assert!(!is_whole_app(part), "{part}");
        }
    }
}
