use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folder that holds the real PM2, pinned by a lock file.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pm2")
}

/// The `pm2` command, installed on first use.
pub fn pm2() -> &'static Path {
    static PM2: OnceLock<PathBuf> = OnceLock::new();
    PM2.get_or_init(|| {
        let folder = folder();
        // Several test programs may come here at once.
        let lock =
            File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("pm2-install.lock")).unwrap();
        lock.lock().unwrap();
        if !is_installed(&folder) {
            install(&folder);
        }
        folder.join("node_modules/.bin/pm2")
    })
}

/// npm leaves a copy of what it installed, by which a changed lock file shows.
fn is_installed(folder: &Path) -> bool {
    let modified = |path: &str| fs::metadata(folder.join(path)).and_then(|meta| meta.modified());
    match (modified("node_modules/.package-lock.json"), modified("package-lock.json")) {
        (Ok(installed), Ok(wanted)) => installed >= wanted,
        _ => false,
    }
}

fn install(folder: &Path) {
    let ran = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .output();
    match ran {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!(
            "`npm ci` failed in {}; the tests need the real PM2 from npm:\n{}",
            folder.display(),
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(error) => panic!("npm cannot be run ({error}); the tests need Node.js 20 with npm"),
    }
}
