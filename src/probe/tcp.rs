use super::{
    Measure, Measuring, connection,
    facts::{Bounded, Facts, duration},
    filling::Filling,
};
use crate::config::{Step, Tcp};
use regex::Regex;
use std::time::Instant;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What is kept of one reply: it is looked through again with all that comes.
const LONGEST_REPLY: usize = 64 << 10;

/// One connection over TCP.
pub struct Prober {
    address: String,
    steps: Vec<Ready>,
    /// Whether the first line of what comes back is waited for.
    wants_line: bool,
}

/// A step of the conversation, filled in.
enum Ready {
    Wait(Regex),
    Send(String),
}

impl Prober {
    /// `wants_reply`: whether any condition asks for the reply, so that one is waited for even
    /// where nothing is sent.
    pub fn new(tcp: &Tcp, wants_reply: bool, filling: &mut Filling) -> Result<Self, String> {
        let mut steps = Vec::new();
        for step in tcp.talk.iter().flatten() {
            steps.push(match step {
                Step::Wait(pattern) => Ready::Wait(pattern.0.clone()),
                Step::Send(text) => Ready::Send(filling.fill(text)?),
            });
        }
        if let Some(send) = &tcp.send {
            steps.push(Ready::Send(filling.fill(send)?));
        }
        let ends_waiting = matches!(steps.last(), Some(Ready::Wait(_)));
        let wants_line = !ends_waiting && (wants_reply || tcp.send.is_some());
        Ok(Self { address: filling.fill(&tcp.address)?, steps, wants_line })
    }

    /// What came back since the last `send`.
    async fn talk(&self, stream: &mut TcpStream) -> Result<Bounded, String> {
        let mut reply = Bounded::up_to(LONGEST_REPLY);
        for step in &self.steps {
            match step {
                Ready::Send(text) => {
                    reply = Bounded::up_to(LONGEST_REPLY);
                    let sent = stream.write_all(text.as_bytes()).await;
                    sent.map_err(|cause| cause.to_string())?;
                }
                Ready::Wait(pattern) => {
                    let fits = |read: &[u8]| pattern.is_match(&String::from_utf8_lossy(read));
                    if !read_until(stream, &mut reply, fits).await? {
                        let came = String::from_utf8_lossy(&reply.bytes);
                        let came: String = came.chars().take(80).collect();
                        let why = match reply.cut {
                            true => "nothing matched",
                            false => "the connection ended before anything matched",
                        };
                        return Err(format!("{why} `{pattern}`; there came {came:?}"));
                    }
                }
            }
        }
        if self.wants_line {
            read_until(stream, &mut reply, |read| read.contains(&b'\n')).await?;
        }
        Ok(reply)
    }
}

/// Reads until `enough` says so; whether it did before the end.
pub async fn read_until(
    stream: &mut (impl AsyncRead + Unpin),
    read: &mut Bounded,
    enough: impl Fn(&[u8]) -> bool,
) -> Result<bool, String> {
    let mut chunk = [0; 4096];
    while !enough(&read.bytes) {
        match stream.read(&mut chunk).await.map_err(|cause| cause.to_string())? {
            0 => return Ok(false),
            more => read.push(&chunk[..more]),
        }
        if read.cut {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Measure for Prober {
    fn measure(&mut self) -> Measuring<'_> {
        Box::pin(async {
            let started = Instant::now();
            let (host, port) = connection::host_and_port(&self.address)?;
            let (mut stream, phases) = match connection::connect(host, port).await {
                Ok(connected) => connected,
                Err(cause) => {
                    let mut facts = Facts::after(started.elapsed());
                    facts.set("connected", false);
                    facts.set_absent("connect_time", cause.clone());
                    facts.set_absent("reply", cause.clone());
                    facts.note = Some(cause);
                    return Ok(facts);
                }
            };
            let reply = self.talk(&mut stream).await;
            let mut facts = Facts::after(started.elapsed());
            facts.set("connected", true);
            facts.set("connect_time", duration(phases.connect));
            match reply {
                Ok(reply) if self.wants_line || !self.steps.is_empty() => {
                    facts.set_text_of("reply", &reply);
                }
                Ok(_) => {}
                // A conversation that broke off is no measurement.
                Err(cause) if self.steps.len() > 1 => return Err(cause),
                Err(cause) => facts.set_absent("reply", cause),
            }
            Ok(facts)
        })
    }
}
