use super::{
    Measure, Measuring,
    connection::{self, Background, Limited, MOST_SAID},
    encryption,
    facts::{Facts, duration, list, map},
    filling::Filling,
};
use crate::config::{Named, Redis, TlsOptions, Verify};
use cel::Value;
use redis::{
    AsyncConnectionConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, Value as Reply,
    aio::MultiplexedConnection,
};
use rustls::ClientConfig;
use std::{sync::Arc, time::Instant};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::UnixStream,
};

/// Questions to one server.
pub struct Prober {
    server: ConnectionInfo,
    encryption: Option<Arc<ClientConfig>>,
    /// By name; one alone has none.
    commands: Vec<(String, Vec<String>)>,
    is_single: bool,
}

impl Prober {
    pub fn new(redis: &Redis, filling: &mut Filling) -> Result<Self, String> {
        let url = filling.fill(&redis.url)?;
        filling.hide_password_of(&url);
        let server = url.into_connection_info().map_err(|error| in_words(&error))?;
        let encryption = match server.addr() {
            ConnectionAddr::TcpTls { insecure, .. } => {
                let options = TlsOptions { verify: Verify(!insecure), ..TlsOptions::default() };
                Some(Arc::new(encryption::config(&options, &filling.folder)?))
            }
            _ => None,
        };
        let commands = redis.run.iter().map(|(name, words)| {
            let words = words.iter().map(|word| filling.fill(word));
            Ok((name.to_owned(), words.collect::<Result<_, String>>()?))
        });
        let commands = commands.collect::<Result<_, String>>()?;
        Ok(Self { server, encryption, commands, is_single: matches!(redis.run, Named::One(_)) })
    }

    async fn connect(&self) -> Result<(MultiplexedConnection, Background), String> {
        match (self.server.addr(), &self.encryption) {
            (ConnectionAddr::Unix(path), _) => {
                let stream = UnixStream::connect(path).await;
                let shown = path.display();
                self.log_in(stream.map_err(|e| format!("no connection: {shown}: {e}"))?).await
            }
            (ConnectionAddr::TcpTls { host, port, .. }, Some(config)) => {
                let (stream, _) = connection::connect(host, *port).await?;
                let encrypted = connection::encrypt(stream, host, Arc::clone(config)).await?;
                self.log_in(encrypted.0).await
            }
            (ConnectionAddr::Tcp(host, port), _) => {
                self.log_in(connection::connect(host, *port).await?.0).await
            }
            _ => Err("the URL leads to nothing that can be connected to".to_owned()),
        }
    }

    async fn log_in<S>(&self, stream: S) -> Result<(MultiplexedConnection, Background), String>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let login = self.server.redis_settings();
        // The probe's own timeout holds, not half a second.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let stream = Limited::new(stream, MOST_SAID);
        let connecting = MultiplexedConnection::new_with_config(login, stream, config).await;
        let (connection, driver) =
            connecting.map_err(|error| format!("no connection: {}", in_words(&error)))?;
        Ok((connection, Background::spawn(driver)))
    }
}

impl Measure for Prober {
    fn measure(&mut self) -> Measuring<'_> {
        Box::pin(async {
            let started = Instant::now();
            let (mut connection, _driver) = self.connect().await?;
            let connect_time = started.elapsed();
            let mut replies = Vec::new();
            for (name, words) in &self.commands {
                replies.push((name.clone(), ask(&mut connection, words).await?));
            }
            let mut facts = Facts::after(started.elapsed());
            facts.set("connect_time", duration(connect_time));
            match replies.pop() {
                Some((_, only)) if self.is_single => {
                    facts.set("reply", only);
                    facts.set_absent("replies", "there is one command, and it has no name");
                }
                last => {
                    facts.set("replies", map(replies.into_iter().chain(last)));
                    facts.set_absent("reply", "there are several; write `replies.NAME`");
                }
            }
            Ok(facts)
        })
    }
}

async fn ask(connection: &mut MultiplexedConnection, words: &[String]) -> Result<Value, String> {
    let (name, arguments) = words.split_first().ok_or("a command is empty")?;
    let reply = redis::cmd(name).arg(arguments).query_async::<Reply>(connection).await;
    let reply = reply.map_err(|error| format!("{}: {}", words.join(" "), in_words(&error)))?;
    let reply = of_reply(reply)?;
    Ok(match &reply {
        Value::String(text) if is_info(words) => info(text),
        _ => reply,
    })
}

fn is_info(words: &[String]) -> bool {
    let upper: Vec<String> = words.iter().take(2).map(|word| word.to_uppercase()).collect();
    upper.first().is_some_and(|word| word == "INFO") || upper == ["CLUSTER", "INFO"]
}

/// `name:value` lines as a map, numbers as numbers.
fn info(text: &str) -> Value {
    let pairs = text.lines().filter_map(|line| line.trim_end().split_once(':'));
    map(pairs.map(|(name, value)| {
        let whole = value.parse().map(Value::Int).ok();
        let number = whole.or_else(|| value.parse().map(Value::Float).ok());
        (name.to_owned(), number.unwrap_or_else(|| Value::from(value)))
    }))
}

fn of_reply(reply: Reply) -> Result<Value, String> {
    let text = |bytes: Vec<u8>| Value::from(&*String::from_utf8_lossy(&bytes));
    Ok(match reply {
        Reply::Nil => Value::Null,
        Reply::Int(int) => Value::Int(int),
        Reply::Double(float) => Value::Float(float),
        Reply::Boolean(boolean) => Value::Bool(boolean),
        Reply::Okay => Value::from("OK"),
        Reply::SimpleString(text) | Reply::VerbatimString { text, .. } => Value::from(text),
        Reply::BulkString(bytes) => text(bytes),
        Reply::Array(items) | Reply::Set(items) => {
            list(items.into_iter().map(of_reply).collect::<Result<Vec<_>, _>>()?)
        }
        Reply::Map(pairs) => {
            let pairs = pairs.into_iter().map(|(key, value)| {
                let key = match key {
                    Reply::BulkString(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                    Reply::SimpleString(text) => text,
                    other => format!("{other:?}"),
                };
                Ok((key, of_reply(value)?))
            });
            map(pairs.collect::<Result<Vec<_>, String>>()?)
        }
        Reply::ServerError(error) => return Err(format!("{error:?}")),
        other => return Err(format!("the reply cannot be read: {other:?}")),
    })
}

/// What the server says, or what keeps us from asking it.
fn in_words(error: &redis::RedisError) -> String {
    match error.detail() {
        Some(detail) => match error.code() {
            Some(code) => format!("{code} {detail}"),
            None => detail.to_owned(),
        },
        None => error.to_string(),
    }
}
