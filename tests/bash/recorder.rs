//! Runs a script in real bash, in a folder of its own, and records what it calls.

use crate::templates::SHIMS;
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// The programs that are on the `PATH` beside the shims.
const TOOLS: &[&str] = &[
    "bash", "cat", "tee", "xargs", "env", "timeout", "nohup", "nice", "find", "base64", "tr",
    "sed", "cut", "head", "tail", "sort", "seq", "basename", "dirname", "grep", "awk",
];

/// Notes its argv, prints what the world says, and fails where it says so.
const SHIM: &str = r#"#!/bin/sh
printf '%s\0' "$(($# + 1))" "${0##*/}" "$@" >> "$SHIM_LOG"
printf '%s' "$SHIM_PRINTS"
case " $* " in *"$SHIM_FAILS"*) exit 1 ;; esac
"#;

/// What a script cannot know.
pub struct World {
    pub arguments: &'static [&'static str],
    pub variables: &'static [(&'static str, &'static str)],
    /// Empty files in the folder that it runs in.
    pub files: &'static [&'static str],
    /// What recorded programs print. It names no program, and is one line: where unknown text is put
    /// into code, its line breaks would end commands early.
    pub prints: &'static str,
    /// They fail if this is in their arguments.
    pub fails: &'static str,
}

pub const USUAL: World = World {
    arguments: &["in-1", "in 2"],
    variables: &[],
    files: &[],
    prints: "out 1\n",
    fails: " down ",
};

/// Other worlds, in which a script that depends on what it cannot know makes other calls.
pub const OTHERS: [World; 4] = [
    World {
        arguments: &["all", "stop"],
        variables: &[("SHELLOPTS", "allexport"), ("X", "app"), ("Y", "web-1"), ("N", "3")],
        files: &["s1.sh", "s2.sh", "s3.sh", "x.none", "all"],
        prints: "app\n",
        fails: "no",
    },
    World {
        arguments: &["down", "app", "x"],
        variables: &[("X", "stop"), ("Y", "all x"), ("Z", "a_b"), ("P", "Y"), ("S", "env")],
        files: &[],
        prints: "all",
        fails: "no",
    },
    World {
        arguments: &["app", "web-1"],
        variables: &[("X", "x"), ("Y", "down"), ("Z", "stop"), ("C", "docker"), ("N", "2")],
        files: &[],
        prints: "a_b down\n",
        fails: "",
    },
    World { arguments: &[], variables: &[("Z", "app")], files: &[], prints: "", fails: "" },
];

/// Wrappers that need rights or a network, as far as the scripts use them, and `sh`, which is bash
/// here: some do not expand `{a,b}`.
const WRAPPERS: &[(&str, &str)] = &[
    ("sh", "#!/bin/sh\nexec bash \"$@\"\n"),
    ("sudo", "#!/bin/sh\n[ \"$1\" = -u ] && shift 2\nexec env \"$@\"\n"),
    ("su", "#!/bin/sh\nexec bash -c \"$3\"\n"),
    ("ssh", "#!/bin/sh\nshift\n[ $# = 0 ] && exec bash -s\nexec bash -c \"$*\"\n"),
];

/// What keeps a script that went wrong from using the machine up.
const LIMITS: &str =
    "ulimit -t 5; ulimit -f 4096; ulimit -v 1000000; exec timeout -k 1 10 bash \"$@\"";

pub struct Recorder {
    folder: TempDir,
}

impl Recorder {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        for tool in TOOLS {
            let found = ["/usr/bin", "/bin"].iter().map(|folder| Path::new(folder).join(tool));
            let found = found.into_iter().find(|path| path.exists());
            symlink(found.unwrap_or_else(|| panic!("{tool} is needed")), bin.join(tool)).unwrap();
        }
        let shims = SHIMS.iter().map(|name| (*name, SHIM));
        for (name, code) in shims.chain(WRAPPERS.iter().copied()) {
            let path = bin.join(name);
            fs::write(&path, code).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { folder }
    }

    /// The argv of each call that the script makes; nothing if bash does not understand it, or what it
    /// makes up to be run.
    pub fn calls(&self, script: &str, world: &World) -> Option<Vec<Vec<String>>> {
        let scratch = tempfile::tempdir_in(self.folder.path()).unwrap();
        let log = scratch.path().join("calls");
        let path: PathBuf = scratch.path().join("script.sh");
        fs::write(&path, script).unwrap();
        let folder = scratch.path().join("work");
        fs::create_dir(&folder).unwrap();
        world.files.iter().for_each(|file| fs::write(folder.join(file), "").unwrap());
        let said = Command::new("/bin/sh")
            .args(["-c", LIMITS, "sh"])
            .arg(&path)
            .args(world.arguments)
            .env_clear()
            .env("PATH", self.folder.path().join("bin"))
            .env("SHIM_LOG", &log)
            .env("SHIM_PRINTS", world.prints)
            .env("SHIM_FAILS", world.fails)
            .envs(world.variables.iter().copied())
            .env("LC_ALL", "C.UTF-8")
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .output()
            .unwrap()
            .stderr;
        let said = String::from_utf8_lossy(&said);
        let is_understood = !["syntax error", "unexpected EOF", "bad substitution"]
            .iter()
            .any(|error| said.contains(error));
        is_understood.then(|| argvs(&fs::read(&log).unwrap_or_default()))
    }
}

/// Each record is its number of words, and the words, all ended by a zero byte.
fn argvs(log: &[u8]) -> Vec<Vec<String>> {
    let mut words =
        log.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
    let mut argvs = Vec::new();
    while let Some(count) = words.next().and_then(|count| count.parse().ok()) {
        argvs.push(words.by_ref().take(count).collect());
    }
    argvs
}
