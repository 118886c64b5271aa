//! Lists `rules/programs/*.yml`, so that adding a program needs no Rust. Only the names are read
//! here; each file is parsed when a script first uses one of its programs.

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
        let names: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("program:"))
            .flat_map(|names| names.split([',', '[', ']', ' ']))
            .filter(|name| !name.is_empty())
            .collect();
        if names.is_empty() {
            return Err(format!("{}: no line starts with `program:`", path.display()).into());
        }
        let path = path.to_str().ok_or("the path of the rules is not UTF-8")?;
        let name = Path::new(path).file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
        writeln!(
            list,
            "    ProgramFile {{ path: \"rules/programs/{name}\", names: &{names:?}, text: include_str!({path:?}) }},"
        )?;
    }
    list.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("program_files.rs"), list)?;
    Ok(())
}
