//! The unit files that people write. Those of packages are the package manager's: they are not
//! recorded, and an upgrade is no harm.

use crate::host::{ActionError, Recipe};
use serde_json::{Map, Value};
use std::env;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// The recipe of a unit: whether it starts at boot, and the text of its files, which may hold
/// secrets.
pub fn record<'a>(state: &str, paths: impl Iterator<Item = &'a str>) -> Recipe {
    let texts: Map<String, Value> = paths
        .filter(|path| is_written_by_people(path))
        .filter_map(|path| Some((path.to_owned(), fs::read_to_string(path).ok()?.into())))
        .collect();
    let mut recipe = Map::new();
    recipe.insert("UnitFileState".into(), state.into());
    recipe.insert("files".into(), texts.into());
    Recipe(recipe)
}

/// The services whose files people wrote, for the host or for this user.
pub fn written(by_this_user: bool) -> Vec<String> {
    let folder = match (by_this_user, env::var_os("XDG_CONFIG_HOME"), env::home_dir()) {
        (false, ..) => Path::new("/etc/systemd/system").to_owned(),
        (true, Some(config), _) => Path::new(&config).join("systemd/user"),
        (true, None, home) => home.unwrap_or_default().join(".config/systemd/user"),
    };
    let found = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = found.filter_map(|entry| entry.file_name().into_string().ok());
    // A template is no unit.
    names.filter(|name| name.ends_with(".service") && !name.ends_with("@.service")).collect()
}

fn is_written_by_people(path: &str) -> bool {
    !path.is_empty() && !["/usr/lib/", "/lib/", "/run/"].iter().any(|of| path.starts_with(of))
}

/// The files of a unit, by path.
pub fn texts(recipe: &Recipe) -> Option<&Map<String, Value>> {
    recipe.0.get("files").and_then(Value::as_object)
}

/// Whether it starts at boot, as far as that can be chosen.
pub fn starts(recipe: &Recipe) -> &str {
    match recipe.0.get("UnitFileState").and_then(Value::as_str) {
        Some(state @ ("enabled" | "disabled" | "masked")) => state,
        _ => "by itself",
    }
}

/// Writes the files as recorded, and takes away those that were added. Says whether any was not as
/// it should be.
pub fn restore(now: &Recipe, recorded: &Recipe) -> Result<bool, ActionError> {
    let none = Map::new();
    let wanted = texts(recorded).unwrap_or(&none);
    let mut changed = false;
    for (path, text) in wanted {
        let text = text.as_str().unwrap_or_default();
        if fs::read_to_string(path).is_ok_and(|found| found == text) {
            continue;
        }
        write(Path::new(path), text).map_err(|cause| refused("written", path, &cause))?;
        changed = true;
    }
    for path in texts(now).unwrap_or(&none).keys().filter(|path| !wanted.contains_key(*path)) {
        // systemd reads no file of such a name, and whoever misses it finds it.
        match fs::rename(path, format!("{path}.before-rollback")) {
            Ok(()) => changed = true,
            Err(cause) if cause.kind() == ErrorKind::NotFound => {}
            Err(cause) => return Err(refused("taken away", path, &cause)),
        }
    }
    Ok(changed)
}

fn refused(what: &str, path: &str, cause: &io::Error) -> ActionError {
    ActionError::Unreachable(format!("{path} cannot be {what}: {cause}"))
}

/// All of it or nothing, with the permissions that the file has, or those of unit files.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder)?;
    let mut name = std::ffi::OsString::from(".tagout-");
    name.push(path.file_name().unwrap_or_default());
    let beside = folder.join(name);
    fs::write(&beside, text)?;
    if let Ok(found) = fs::metadata(path) {
        fs::set_permissions(&beside, found.permissions())?;
    }
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn recipe(files: Value) -> Recipe {
        let recipe = json!({"UnitFileState": "enabled", "files": files});
        Recipe(recipe.as_object().unwrap().clone())
    }

    #[test]
    fn files_come_back_and_added_ones_are_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let (unit, more) = (at("web.service"), at("web.service.d/more.conf"));
        fs::create_dir(folder.path().join("web.service.d")).unwrap();
        fs::write(&unit, "other").unwrap();
        fs::write(&more, "added").unwrap();
        let recorded = recipe(json!({&unit: "as it was"}));
        let now = recipe(json!({&unit: "other", &more: "added"}));
        assert!(restore(&now, &recorded).unwrap());
        assert_eq!(fs::read_to_string(&unit).unwrap(), "as it was");
        assert!(!Path::new(&more).exists());
        assert_eq!(fs::read_to_string(format!("{more}.before-rollback")).unwrap(), "added");
        assert!(!restore(&recorded, &recorded).unwrap());
    }

    #[test]
    fn files_of_packages_are_left_to_the_package_manager() {
        for (path, expected) in [
            ("/lib/systemd/system/nginx.service", false),
            ("/usr/lib/systemd/system/nginx.service", false),
            ("/run/systemd/generator/postgresql@15-main.service", false),
            ("/etc/systemd/system/api.service", true),
            ("/home/deploy/.config/systemd/user/api.service", true),
            ("", false),
        ] {
            assert_eq!(is_written_by_people(path), expected, "{path}");
        }
    }
}
