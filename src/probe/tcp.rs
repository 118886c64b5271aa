use super::{
    Measure, Measuring,
    facts::{Bounded, Facts},
    filling::Filling,
};
use crate::config::Tcp;
use std::time::Instant;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// One connection over TCP.
pub struct Prober {
    address: String,
    send: Option<String>,
    listens: bool,
}

impl Prober {
    /// `wants_reply`: whether any condition asks for the reply, so that one is waited for even
    /// where nothing is sent.
    pub fn new(tcp: &Tcp, wants_reply: bool, filling: &mut Filling) -> Result<Self, String> {
        let send = tcp.send.as_ref().map(|send| filling.fill(send)).transpose()?;
        let listens = wants_reply || send.is_some();
        Ok(Self { address: filling.fill(&tcp.address)?, send, listens })
    }

    /// What comes back: up to the end of its first line, or to the end of the connection.
    async fn reply(&self, stream: &mut TcpStream) -> std::io::Result<Bounded> {
        if let Some(send) = &self.send {
            stream.write_all(send.as_bytes()).await?;
        }
        let (mut reply, mut chunk) = (Bounded::default(), [0; 4096]);
        while !reply.cut && !reply.bytes.contains(&b'\n') {
            match stream.read(&mut chunk).await? {
                0 => break,
                read => reply.push(&chunk[..read]),
            }
        }
        Ok(reply)
    }
}

impl Measure for Prober {
    fn measure(&mut self) -> Measuring<'_> {
        Box::pin(async {
            let started = Instant::now();
            let mut stream = match TcpStream::connect(&self.address).await {
                Ok(stream) => stream,
                Err(cause) => {
                    let mut facts = Facts::after(started.elapsed());
                    facts.set("connected", false);
                    facts.set_absent("connect_time", cause.to_string());
                    facts.set_absent("reply", cause.to_string());
                    facts.note = Some(cause.to_string());
                    return Ok(facts);
                }
            };
            let connect_time = started.elapsed();
            let reply = if self.listens { Some(self.reply(&mut stream).await) } else { None };
            let mut facts = Facts::after(started.elapsed());
            facts.set("connected", true);
            facts.set("connect_time", super::facts::duration(connect_time));
            match reply {
                Some(Ok(reply)) => facts.set_text_of("reply", &reply),
                Some(Err(cause)) => facts.set_absent("reply", cause.to_string()),
                None => {}
            }
            Ok(facts)
        })
    }
}
