//! Lists the programs of `rules/programs/*.yml`, so that adding one needs no Rust. Each is parsed
//! when a script first uses it; here only its names are read, and whether a script in which they
//! do not stand can be passed over. A test compares that with the parsed program.

use std::{env, error::Error, fmt::Write, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("rules/programs");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<_> = fs::read_dir(&folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
    files.sort();
    let mut list = String::from("&[\n");
    for path in &files {
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(path)?;
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        for document in documents(&text) {
            let names: Vec<&str> = document
                .lines()
                .filter_map(|line| line.strip_prefix("program:"))
                .flat_map(|names| names.split([',', '[', ']', ' ']))
                .filter(|name| !name.is_empty())
                .collect();
            if names.is_empty() {
                return Err(format!("{name}: a program has no line `program:`").into());
            }
            let does = does(document);
            writeln!(
                list,
                "    Source {{ path: \"rules/programs/{name}\", names: &{names:?}, does: Does::{does}, \
                 text: {document:?} }},"
            )?;
        }
    }
    list.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("programs.rs"), list)?;
    Ok(())
}

/// The YAML documents of a file, each from its `---`.
fn documents(text: &str) -> Vec<&str> {
    let mut starts = vec![0];
    starts.extend(text.match_indices("\n---\n").map(|(at, _)| at + 1));
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(start, end)| &text[*start..end]).collect()
}

/// What a program does: the name of a `Does` in `src/program/catalog.rs`.
fn does(document: &str) -> &'static str {
    let (mut section, mut does) = ("", "Passes");
    if document.lines().any(|line| line == "is_language: true") {
        return does;
    }
    for line in document.lines() {
        let starts_section = !line.starts_with([' ', '#', '-']);
        if let Some((key, _)) = line.split_once(':').filter(|_| starts_section) {
            section = key;
        }
        let effect = line.split("effect:").nth(1).map(str::trim_start);
        if section == "commands" && effect.is_some_and(|effect| !effect.starts_with("none")) {
            return "Acts";
        }
        // Whatever else than the program that its own arguments name.
        let is_entry =
            line.trim_start().starts_with("- ") || line.contains("- {") || line.contains("[{");
        let leads = (is_entry && !line.contains("argv:")) || line.contains("items:");
        if section == "runs" && leads {
            does = "Leads";
        }
    }
    does
}
