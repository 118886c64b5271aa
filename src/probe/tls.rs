use super::{
    Measure, Measuring, connection, encryption,
    facts::{Bounded, Facts, duration, list, time},
    filling::Filling,
    tcp::read_until,
};
use crate::config::{StartTls, Tls};
use cel::Value;
use jiff::Timestamp;
use std::{
    path::PathBuf,
    sync::{Arc, PoisonError},
    time::Instant,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use x509_parser::{
    extensions::GeneralName,
    prelude::{FromDer, X509Certificate},
};

/// One look at a server's certificate.
pub struct Prober {
    address: String,
    name: Option<String>,
    ca: Option<PathBuf>,
    folder: PathBuf,
    starttls: Option<StartTls>,
}

impl Prober {
    pub fn new(tls: &Tls, filling: &mut Filling) -> Result<Self, String> {
        Ok(Self {
            address: filling.fill(&tls.address)?,
            name: tls.name.as_ref().map(|name| filling.fill(name)).transpose()?,
            ca: tls.ca.clone(),
            folder: filling.folder.clone(),
            starttls: tls.starttls,
        })
    }
}

impl Measure for Prober {
    fn measure(&mut self) -> Measuring<'_> {
        Box::pin(async {
            // Every attempt reads the file anew: it may have been replaced.
            let (config, verdict) = encryption::witness(self.ca.as_deref(), &self.folder)?;
            let (host, port) = connection::host_and_port(&self.address)?;
            let started = Instant::now();
            let (mut stream, _) = connection::connect(host, port).await?;
            match self.starttls {
                Some(StartTls::Smtp) => ask_smtp(&mut stream).await?,
                Some(StartTls::Postgres) => ask_postgres(&mut stream).await?,
                None => {}
            }
            let name = self.name.as_deref().unwrap_or(host);
            let (stream, took) = connection::encrypt(stream, name, Arc::new(config)).await?;
            let mut facts = Facts::after(started.elapsed());
            facts.set("handshake_time", duration(took));
            let session = stream.get_ref().1;
            let version = session.protocol_version().and_then(|version| version.as_str());
            facts.set("version", version.unwrap_or("unknown").replace('_', "."));
            match verdict.lock().unwrap_or_else(PoisonError::into_inner).clone() {
                Some(Ok(())) => facts.set("trusted", true),
                Some(Err(reason)) => {
                    facts.set("trusted", false);
                    facts.note = Some(reason);
                }
                None => facts.set_absent("trusted", "the server has shown no certificate"),
            }
            let shown = session.peer_certificates().and_then(|chain| chain.first());
            let shown = shown.ok_or("the server has shown no certificate")?;
            let (_, certificate) = X509Certificate::from_der(shown)
                .map_err(|cause| format!("the certificate cannot be read: {cause}"))?;
            describe(&certificate, &mut facts)?;
            Ok(facts)
        })
    }
}

fn describe(certificate: &X509Certificate<'_>, facts: &mut Facts) -> Result<(), String> {
    let expires = Timestamp::from_second(certificate.validity().not_after.timestamp())
        .map_err(|_| "the certificate's end cannot be read")?;
    let left = expires.duration_since(Timestamp::now());
    facts.set("expires", time(expires));
    facts.set("expires_in", Value::Duration(chrono::Duration::seconds(left.as_secs())));
    facts.set_text("subject", &certificate.subject().to_string());
    facts.set_text("issuer", &certificate.issuer().to_string());
    let alternatives = certificate.subject_alternative_name().ok().flatten();
    let names = alternatives.iter().flat_map(|found| &found.value.general_names);
    let names = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    });
    facts.set("names", list(names.map(Value::from)));
    Ok(())
}

fn address(bytes: &[u8]) -> Option<String> {
    let four = || <[u8; 4]>::try_from(bytes).ok().map(std::net::IpAddr::from);
    let sixteen = || <[u8; 16]>::try_from(bytes).ok().map(std::net::IpAddr::from);
    four().or_else(sixteen).map(|address| address.to_string())
}

/// Asks a mail server for encryption, as RFC 3207 has it.
async fn ask_smtp(stream: &mut TcpStream) -> Result<(), String> {
    reply_of(stream, "220").await?;
    for (words, code) in [("EHLO tagout\r\n", "250"), ("STARTTLS\r\n", "220")] {
        stream.write_all(words.as_bytes()).await.map_err(|cause| cause.to_string())?;
        reply_of(stream, code).await?;
    }
    Ok(())
}

/// Reads a whole reply, of which only the last line has a blank behind its code.
async fn reply_of(stream: &mut TcpStream, code: &str) -> Result<(), String> {
    let is_last = |line: &[u8]| line.len() > 3 && line[3] == b' ';
    let is_whole = |read: &[u8]| read.ends_with(b"\n") && read.split(|b| *b == b'\n').any(is_last);
    let mut reply = Bounded::default();
    read_until(stream, &mut reply, is_whole).await?;
    let text = String::from_utf8_lossy(&reply.bytes);
    let last = text.trim_end().lines().last().unwrap_or_default();
    let fits = last.starts_with(code);
    fits.then_some(()).ok_or_else(|| format!("the mail server does not offer it: {last:?}"))
}

/// Asks PostgreSQL for encryption: the message SSLRequest.
async fn ask_postgres(stream: &mut TcpStream) -> Result<(), String> {
    let request = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
    stream.write_all(&request).await.map_err(|cause| cause.to_string())?;
    match stream.read_u8().await.map_err(|cause| cause.to_string())? {
        b'S' => Ok(()),
        _ => Err("the database server does not offer it".to_owned()),
    }
}
