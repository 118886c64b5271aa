use super::{
    Measure, Measuring,
    facts::{Bounded, Facts},
    filling::Filling,
};
use crate::config::Command;
use std::{os::unix::process::ExitStatusExt, path::PathBuf, process::Stdio, time::Instant};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process,
};

/// One run of a program.
pub struct Prober {
    program: String,
    arguments: Vec<String>,
    folder: PathBuf,
    env: Vec<(String, String)>,
    stdin: Option<String>,
}

impl Prober {
    pub fn new(command: &Command, filling: &mut Filling) -> Result<Self, String> {
        let mut words = command.run.iter().map(|word| filling.fill(word));
        let program = words.next().ok_or("the command is empty")??;
        let arguments = words.collect::<Result<_, _>>()?;
        let env = command.env.iter().map(|(name, value)| Ok((name.clone(), filling.fill(value)?)));
        let env = env.collect::<Result<_, String>>()?;
        let folder = filling.folder.join(command.cwd.as_deref().unwrap_or("".as_ref()));
        let stdin = command.stdin.as_ref().map(|text| filling.fill(text)).transpose()?;
        Ok(Self { program, arguments, folder, env, stdin })
    }
}

impl Measure for Prober {
    fn measure(&mut self) -> Measuring<'_> {
        Box::pin(async {
            let cannot_run =
                |cause: std::io::Error| format!("{} cannot be run: {cause}", self.program);
            let started = Instant::now();
            let mut child = process::Command::new(&self.program)
                .args(&self.arguments)
                .envs(self.env.iter().map(|(name, value)| (name, value)))
                .current_dir(&self.folder)
                .stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                // Its own group, so that a timeout ends its children, too.
                .process_group(0)
                .kill_on_drop(true)
                .spawn()
                .map_err(cannot_run)?;
            let mut group = Group(child.id());
            let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
            let written = write(child.stdin.take(), self.stdin.as_deref());
            let (stdout, stderr, (), status) =
                tokio::join!(read(stdout), read(stderr), written, child.wait());
            let status = status.map_err(cannot_run)?;
            group.0 = None;
            let mut facts = Facts::after(started.elapsed());
            facts.set_text_and_json("stdout", &stdout);
            facts.set_text_of("stderr", &stderr);
            match (status.code(), status.signal()) {
                (Some(code), _) => facts.set("exit_code", i64::from(code)),
                (None, signal) => {
                    let signal = signal.unwrap_or_default();
                    facts.set_absent("exit_code", format!("it was ended by signal {signal}"));
                }
            }
            Ok(facts)
        })
    }
}

/// Gives a program what it reads; one that does not want it need not take it.
async fn write(pipe: Option<process::ChildStdin>, text: Option<&str>) {
    if let (Some(mut pipe), Some(text)) = (pipe, text) {
        let _ = pipe.write_all(text.as_bytes()).await;
    }
}

/// All that a pipe gives, of which a part is kept.
async fn read(pipe: Option<impl AsyncRead + Unpin>) -> Bounded {
    let (mut kept, mut chunk) = (Bounded::default(), vec![0; 16 << 10]);
    let Some(mut pipe) = pipe else { return kept };
    while let Ok(read @ 1..) = pipe.read(&mut chunk).await {
        kept.push(&chunk[..read]);
    }
    kept
}

/// A running command and its children; dropped, it ends them all.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let leader = self.0.and_then(|pid| rustix::process::Pid::from_raw(pid.try_into().ok()?));
        if let Some(leader) = leader {
            // It fails when none of them is left, which is what is wanted.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}
