//! The linter as people run it: whole processes, their CPU time and peak memory, beside its peers
//! where those are installed (on `PATH`, or named by `ACTIONLINT` and `ZIZMOR`).

#[path = "support/measure.rs"]
mod measure;
#[path = "support/mod.rs"]
mod support;

use measure::{Cost, cheapest, measure_if_asked};
use std::{env, error::Error, ffi::OsString, fs, path::Path};

/// As many as there are in the set of real workflows that this one is made after.
const FILES: usize = 1300;

fn main() -> Result<(), Box<dyn Error>> {
    measure_if_asked();
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-workflows");
    let folder = root.join(".github/workflows");
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    fs::create_dir_all(&folder)?;
    // actionlint looks for the workflows of a repository.
    fs::create_dir_all(root.join(".git"))?;
    let workflows = support::workflows(FILES);
    for workflow in &workflows {
        fs::write(folder.join(&workflow.name), &workflow.text)?;
    }
    let bytes: usize = workflows.iter().map(|workflow| workflow.text.len()).sum();
    println!("{FILES} workflows, {:.1} MB", bytes as f64 / 1e6);

    let tagout = env!("CARGO_BIN_EXE_tagout").into();
    let actionlint = env::var_os("ACTIONLINT").unwrap_or_else(|| "actionlint".into());
    let zizmor = env::var_os("ZIZMOR").unwrap_or_else(|| "zizmor".into());
    let tools: [(&str, OsString, &[&str]); 3] = [
        ("tagout lint", tagout, &["lint"]),
        ("actionlint, alone", actionlint, &["-shellcheck=", "-pyflakes="]),
        ("zizmor, offline", zizmor, &["--offline", "--format=json"]),
    ];
    let one = format!(".github/workflows/{}", workflows[0].name);
    println!("{:<18} {:>9} {:>6} {:>9}   {:>9}", "", "CPU", "ratio", "memory", "one file");
    let mut ours: Option<Cost> = None;
    for (name, program, arguments) in tools {
        let all: Vec<OsString> =
            [program].into_iter().chain(arguments.iter().map(OsString::from)).collect();
        let on = |path: &str| [all.as_slice(), &[path.into()]].concat();
        let whole = if name.starts_with("action") { all.clone() } else { on(".") };
        let Some(cost) = cheapest(5, &root, &whole) else {
            println!("{name:<18} is not installed");
            continue;
        };
        let first = cheapest(20, &root, &on(&one)).map_or(0.0, |cost| cost.wall.as_secs_f64());
        let ratio = cost.cpu.as_secs_f64() / ours.get_or_insert(cost).cpu.as_secs_f64();
        println!(
            "{name:<18} {:>7.3} s {ratio:>5.1}× {:>6.1} MB   {:>6.1} ms",
            cost.cpu.as_secs_f64(),
            cost.peak as f64 / (1 << 20) as f64,
            first * 1e3,
        );
    }
    Ok(())
}
