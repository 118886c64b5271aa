//! Puts the rules into the program, so that adding to them needs no Rust: as JSON, which is read
//! faster than the YAML that people write.

use serde_json::Value;
use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let rules = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("rules");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed={}", rules.display());
    for name in ["actions", "ansible", "policy", "practice", "resources"] {
        let document: Value = one(documents(&rules.join(name).with_extension("yml"))?)?;
        fs::write(out.join(name).with_extension("json"), document.to_string())?;
    }
    let (programs, names) = programs(&rules.join("programs"))?;
    fs::write(out.join("programs.rs"), programs)?;
    fs::write(out.join("names.rs"), names)?;
    let target = |what| env::var(format!("CARGO_CFG_TARGET_{what}"));
    if target("OS")? == "linux" && target("ENV")? == "gnu" {
        // It starts with every guarded call of a deploy. That it can be loaded anywhere costs a
        // millisecond each time: a hundred thousand addresses to fill in.
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    Ok(())
}

/// The programs of a folder of rules, each parsed when one of its names is met; and all names,
/// sorted, with the positions of their programs.
fn programs(folder: &Path) -> Result<(String, String), Box<dyn Error>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
    files.sort();
    let (mut list, mut named) = (String::from("&[\n"), BTreeMap::new());
    let mut position = 0;
    for path in &files {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        for program in documents(path)? {
            let names = match &program["program"] {
                Value::String(one) => vec![one.as_str()],
                Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
                _ => return Err(format!("{name}: a program has no `program:`").into()),
            };
            writeln!(
                list,
                "    Source {{ path: \"rules/programs/{name}\", json: {:?} }},",
                program.to_string()
            )?;
            named.extend(names.into_iter().map(|name| (name.to_owned(), position)));
            position += 1;
        }
    }
    list.push_str("]\n");
    let named: Vec<(String, usize)> = named.into_iter().collect();
    Ok((list, format!("&{named:?}")))
}

fn documents(path: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", path.display());
    serde_saphyr::from_multiple(&fs::read_to_string(path)?)
        .map_err(|error| format!("{}: {error}", path.display()).into())
}

fn one(mut documents: Vec<Value>) -> Result<Value, Box<dyn Error>> {
    documents.pop().ok_or_else(|| "a file of rules is empty".into())
}
