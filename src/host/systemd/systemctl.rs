use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Why systemctl has nothing to say.
#[derive(Debug)]
pub enum Failure {
    /// In its own words, or the system's where it could not be run.
    Said(String),
    /// It did not end in time.
    Slow,
}

/// Runs systemctl, for the host, or for the user whose folder of sockets this is.
pub fn systemctl(
    runtime: Option<&Path>,
    arguments: &[&str],
    patience: Duration,
) -> Result<String, Failure> {
    let said = |cause: std::io::Error| Failure::Said(format!("systemctl cannot be run: {cause}"));
    let mut command = Command::new("systemctl");
    match runtime {
        Some(folder) => command.arg("--user").env("XDG_RUNTIME_DIR", folder),
        None => command.arg("--system"),
    };
    let mut child = command
        .args(["--no-pager", "--no-ask-password", "--quiet"])
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(said)?;
    let (sender, ended) = mpsc::channel();
    let (out, err) = (child.stdout.take(), child.stderr.take());
    thread::spawn(move || {
        let errors = thread::spawn(move || text_of(err));
        let out = text_of(out);
        // Nobody waits any more where it was too slow.
        let _ = sender.send((out, errors.join().unwrap_or_default()));
    });
    let Ok((out, err)) = ended.recv_timeout(patience) else {
        // Its order stands; only the one who waits for it is ended.
        let _ = child.kill();
        let _ = child.wait();
        return Err(Failure::Slow);
    };
    let status = child.wait().map_err(said)?;
    if status.success() {
        return Ok(out);
    }
    let reason = err.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>();
    let reason = reason.join("; ");
    Err(Failure::Said(if reason.is_empty() { status.to_string() } else { reason }))
}

fn text_of(stream: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        // What was read until then is all that there is.
        let _ = stream.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
