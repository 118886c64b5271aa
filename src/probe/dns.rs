use super::{
    Measure, Measuring,
    facts::{Facts, duration, list},
    filling::Filling,
};
use crate::config::{Dns, RecordType};
use cel::Value;
use hickory_resolver::{
    Resolver, TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    net::runtime::TokioRuntimeProvider,
    proto::rr::RecordType as Wire,
};
use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

/// One question to the DNS.
pub struct Prober {
    name: String,
    record: RecordType,
    resolver: TokioResolver,
}

impl Prober {
    pub fn new(dns: &Dns, filling: &mut Filling) -> Result<Self, String> {
        let name = filling.fill(&dns.name)?;
        let mut builder = match &dns.server {
            None => Resolver::builder_tokio()
                .map_err(|cause| format!("this system's servers are not known: {cause}"))?,
            Some(server) => {
                let server = filling.fill(server)?;
                let config = ResolverConfig::from_name_servers(vec![name_server(&server)?]);
                Resolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
        };
        let options = builder.options_mut();
        // Every attempt is a new question, and the runner says how long one may take.
        options.cache_size = 0;
        options.attempts = 1;
        options.timeout = Duration::from_secs(3600);
        let resolver = builder.build().map_err(|cause| cause.to_string())?;
        // A full name is not looked for in the search domains.
        let name = if name.ends_with('.') { name } else { format!("{name}.") };
        Ok(Self { name, record: dns.record, resolver })
    }
}

fn name_server(server: &str) -> Result<NameServerConfig, String> {
    let plain = server.trim_matches(['[', ']']).parse::<IpAddr>();
    let address = plain.map(|ip| SocketAddr::new(ip, 53)).or_else(|_| server.parse());
    let address = address.map_err(|_| "the server must be an address, like 127.0.0.1:53")?;
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    let connections = connections.map(|mut connection| {
        connection.port = address.port();
        connection
    });
    Ok(NameServerConfig::new(address.ip(), true, connections.into()))
}

impl Measure for Prober {
    fn measure(&mut self) -> Measuring<'_> {
        Box::pin(async {
            let started = Instant::now();
            let record = wire(self.record);
            let answer = self.resolver.lookup(self.name.as_str(), record).await;
            let mut facts = Facts::after(started.elapsed());
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) if error.is_no_records_found() => {
                    facts.set("found", false);
                    let kind = format!("{record}");
                    let reason = format!("there is no {kind} record of {}", self.name);
                    facts.set_absent("records", reason.clone());
                    facts.set_absent("ttl", reason.clone());
                    facts.note = Some(reason);
                    return Ok(facts);
                }
                Err(error) => return Err(format!("no answer: {error}")),
            };
            // The answer may lead over other names first.
            let records = answer.answers().iter().filter(|found| found.record_type() == record);
            let mut texts: Vec<String> =
                records.clone().map(|found| found.data.to_string()).collect();
            texts.sort();
            facts.set("found", true);
            facts.set("records", list(texts.into_iter().map(Value::from)));
            let ttl = records.map(|found| found.ttl).min().unwrap_or_default();
            facts.set("ttl", duration(Duration::from_secs(ttl.into())));
            Ok(facts)
        })
    }
}

fn wire(record: RecordType) -> Wire {
    match record {
        RecordType::A => Wire::A,
        RecordType::Aaaa => Wire::AAAA,
        RecordType::Caa => Wire::CAA,
        RecordType::Cname => Wire::CNAME,
        RecordType::Mx => Wire::MX,
        RecordType::Ns => Wire::NS,
        RecordType::Ptr => Wire::PTR,
        RecordType::Soa => Wire::SOA,
        RecordType::Srv => Wire::SRV,
        RecordType::Txt => Wire::TXT,
    }
}
