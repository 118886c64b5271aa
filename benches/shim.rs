//! What a stand-in adds to a command: each is run bare and through it, in turns, under a deploy whose
//! inventory has thirty apps. Run with `cargo bench --bench shim`.

use std::{
    error::Error,
    ffi::OsString,
    fmt::Write,
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const ROUNDS: usize = 200;

/// With each, what it shows.
const COMMANDS: [(&str, &[&str]); 7] = [
    ("does nothing that matters", &["rm", "--version"]),
    ("is judged by the inventory", &["rm", "-rf", "./dist"]),
    ("a shell", &["sh", "-c", ":"]),
    ("a shell that deletes", &["sh", "-c", "cd /tmp && rm -rf ./no-such-folder/dist"]),
    ("a script of a hundred lines", &["sh", "script.sh"]),
    ("a chain", &["env", "A=1", "timeout", "9", "nice", "rm", "-f", "none"]),
    ("five hundred files", &["rm", "-f"]),
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("tagout-bench/bin"))?;
    for name in ["rm", "sh", "env", "timeout", "nice"] {
        symlink(env!("CARGO_BIN_EXE_tagout"), at("tagout-bench/bin").join(name))?;
    }
    fs::write(at("journal.jsonl"), journal(folder.path()))?;
    fs::write(at("script.sh"), "test -e none && rm -f \"$HOME/none\"\n".repeat(100) + "true\n")?;
    let bare = std::env::var_os("PATH").ok_or("PATH is not set")?;
    let mut guarded = OsString::from(at("tagout-bench/bin"));
    guarded.push(":");
    guarded.push(&bare);
    println!("{:<28} {:>9} {:>9} {:>9}", "median of 200", "bare", "guarded", "added");
    for (what, words) in COMMANDS {
        let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        if what.starts_with("five") {
            words.extend((0..500).map(|number| format!("dist/assets/chunk-{number}.js")));
        }
        let run = |path: &OsString| -> Result<Duration, Box<dyn Error>> {
            let begun = Instant::now();
            // By the shell that is not stood in for, as the child's PATH has to be searched.
            let ended = Command::new("/usr/bin/env")
                .args(&words)
                .current_dir(folder.path())
                .env("PATH", path)
                .env("TAGOUT_JOURNAL", at("journal.jsonl"))
                .stdout(Stdio::null())
                .status()?;
            let took = begun.elapsed();
            if ended.success() { Ok(took) } else { Err(format!("{what}: {ended}").into()) }
        };
        let (mut without, mut with) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            without.push(run(&bare)?);
            with.push(run(&guarded)?);
        }
        let (without, with) = (median(without), median(with));
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!(
            "{what:<28} {:>6.2} ms {:>6.2} ms {:>6.2} ms",
            ms(without),
            ms(with),
            ms(with) - ms(without)
        );
    }
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The first line of a journal, as every deploy's begins.
fn journal(folder: &Path) -> String {
    let mut config = String::from("version: 1\ninventory:\n");
    for app in 0..30 {
        let _ = write!(
            config,
            "  app-{app}:\n    environments:\n      production:\n        workflows: [app-{app}.yml]\n        \
             pm2: [app-{app}-api, app-{app}-worker]\n        units: [app-{app}]\n        paths: [/srv/app-{app}]\n"
        );
    }
    let begun = serde_json::json!({
        "at": "2026-01-01T00:00:00Z", "step": "begun", "tagout": "0", "token": "t",
        "supervisor": {"pid": 1, "started": null, "boot": null}, "command": "./deploy.sh", "folder": folder,
        "target": {"environments": [["app-0", "production"]], "known_by": "Name"}, "ci": {},
        "config": {"path": folder.join("tagout.yml"), "text": config}, "report": null, "limit": 3600,
    });
    format!("{begun}\n")
}
