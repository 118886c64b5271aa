use super::target::{Reach, emptied};
use crate::{
    invocation::{Hole, Origin, Word},
    program::Scope,
};

/// The folders of the system, right below the root.
const SYSTEM: [&str; 20] = [
    "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/media", "/mnt", "/opt",
    "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/var",
];

/// Folders below those whose loss takes down more than one app.
const WIDE: [&str; 12] = [
    "/var/www",
    "/var/lib",
    "/var/log",
    "/usr/local",
    "/usr/bin",
    "/usr/lib",
    "/usr/share",
    "/etc/nginx",
    "/etc/nginx/sites-enabled",
    "/etc/systemd",
    "/etc/systemd/system",
    "~/.pm2",
];

/// Folders that are there to be emptied.
const SCRATCH: [&str; 4] = ["/tmp/", "/var/tmp/", "/dev/shm/", "/dev/null"];

/// How far a path reaches that is destroyed; without its folders, only what a pattern can match
/// is more than one file.
pub fn reach(word: &Word, with_folders: bool) -> Reach {
    if !with_folders && !is_glob(&word.to_string()) {
        return Reach::of(Scope::Named, word);
    }
    if let Some(hole) = emptied(word)
        && let Some(text) = word.without_holes()
        && scope_of(&text) == Scope::All
    {
        let reason = format!("if {} is empty, this is `{text}`", hole.written);
        return Reach::of(Scope::All, word).because(reason);
    }
    if word.holes().all(is_written_out) {
        return Reach::of(scope_of(&word.to_string()), word);
    }
    // A known relative folder in front keeps it inside the checkout.
    let head = word.head();
    let inside = !head.starts_with(['/', '~']) && head.contains('/');
    let scratch = SCRATCH.iter().any(|folder| head.starts_with(folder));
    Reach::of(if inside || scratch { Scope::Named } else { Scope::Unknown }, word)
}

/// Whether what a hole is written as tells enough: a glob, the home folder.
fn is_written_out(hole: &Hole) -> bool {
    match &hole.origin {
        Origin::Glob => true,
        Origin::Variable(name) => name == "HOME",
        _ => false,
    }
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
    let wide = clean == "/" || known(&SYSTEM) || known(&WIDE) || (absolute && is_home(&clean));
    match glob {
        Some(_) if wide && everything_in => Scope::All,
        None if wide => Scope::All,
        _ if is_glob(folder) && absolute => Scope::Pattern,
        Some(_) if absolute || (clean == "." && everything_in) => Scope::Pattern,
        None if clean == "." || clean == ".." => Scope::Pattern,
        _ => Scope::Named,
    }
}

fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// `/home/me` and `~`: all that a user has.
fn is_home(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    matches!(parts.as_slice(), ["home", _] | ["~"] | ["root"])
}

/// Without repeated and trailing slashes and `.` folders.
fn normal(path: &str) -> String {
    let path = path.replacen("$HOME", "~", 1).replacen("${HOME}", "~", 1);
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
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
        ] {
            assert_eq!(scope_of(path), expected, "{path}");
        }
    }
}
