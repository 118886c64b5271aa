use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The release of PM2 that most tests run with: the newest.
const NEWEST: u32 = 7;

/// The `pm2` command of the newest PM2, installed on first use.
pub fn pm2() -> &'static Path {
    static PM2: OnceLock<PathBuf> = OnceLock::new();
    PM2.get_or_init(|| pm2_of(NEWEST))
}

/// The `pm2` command of release 5, 6 or 7, installed on first use.
pub fn pm2_of(release: u32) -> PathBuf {
    let folder = folder(release);
    // Several test programs may come here at once.
    let lock =
        File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("pm2-install.lock")).unwrap();
    lock.lock().unwrap();
    if !is_installed(&folder) {
        install(&folder);
    }
    folder.join("node_modules/.bin/pm2")
}

/// The folder that holds a real PM2, pinned by a lock file.
fn folder(release: u32) -> PathBuf {
    let newest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pm2");
    if release == NEWEST { newest } else { newest.join(release.to_string()) }
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
