use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{io, thread};

/// An HTTP server that misbehaves as the path asks it to.
pub struct Server {
    pub address: SocketAddr,
}

/// How often each path was asked for.
type Counts = Arc<Mutex<HashMap<String, u32>>>;

impl Server {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let counts = Counts::default();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counts = Arc::clone(&counts);
                // A client that goes away is none of its concern.
                thread::spawn(move || answer(stream, &counts).ok());
            }
        });
        Self { address }
    }
}

const HEALTHY: &str = r#"{"status": "healthy", "queue": 3, "parts": [{"name": "db", "up": true}]}"#;

fn answer(mut stream: TcpStream, counts: &Counts) -> io::Result<()> {
    let (path, token) = request(&stream)?;
    let count = {
        let mut counts = counts.lock().unwrap();
        let count = counts.entry(path.clone()).or_default();
        *count += 1;
        *count
    };
    match path.as_str() {
        "/ok" => send(&mut stream, "200 OK", HEALTHY),
        "/500" => send(&mut stream, "500 Internal Server Error", r#"{"status": "down"}"#),
        "/empty" => send(&mut stream, "200 OK", ""),
        "/text" => send(&mut stream, "200 OK", "all is well"),
        "/null" => send(&mut stream, "200 OK", r#"{"queue": null, "items": []}"#),
        "/token" => send(&mut stream, "200 OK", &format!(r#"{{"token": {token:?}}}"#)),
        "/slow" => {
            thread::sleep(Duration::from_millis(200));
            send(&mut stream, "200 OK", HEALTHY)
        }
        // Not up at first, and then it is.
        "/starting" if count <= 2 => send(&mut stream, "503 Service Unavailable", ""),
        "/starting" => send(&mut stream, "200 OK", HEALTHY),
        // Up at first, and then no more.
        "/falling" if count <= 2 => send(&mut stream, "200 OK", HEALTHY),
        "/falling" => send(&mut stream, "503 Service Unavailable", ""),
        "/loop" => {
            stream.write_all(b"HTTP/1.1 302 Found\r\nlocation: /loop\r\ncontent-length: 0\r\n\r\n")
        }
        // On to where it is sent on again, each time after a while.
        "/wander" => {
            thread::sleep(Duration::from_millis(100));
            stream
                .write_all(b"HTTP/1.1 302 Found\r\nlocation: /wander\r\ncontent-length: 0\r\n\r\n")
        }
        // It has said all it will say, but for the rest of it, and listens on.
        "/half-closed" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"status\":")?;
            stream.shutdown(Shutdown::Write)?;
            io::copy(&mut stream, &mut io::sink()).map(|_| ())
        }
        "/gigabyte" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n")?;
            (0..1 << 14).try_for_each(|_| stream.write_all(&[b'x'; 1 << 16]))
        }
        "/headers" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            endless(&mut stream, b"x: 0123456789abcdef\r\n", Duration::ZERO)
        }
        "/half" => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"status\":"),
        "/drip" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")?;
            endless(&mut stream, b" ", Duration::from_millis(50))
        }
        "/huge" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            endless(&mut stream, &[b'x'; 1 << 16], Duration::ZERO)
        }
        // Until the client gives up.
        _ => io::copy(&mut stream, &mut io::sink()).map(|_| ()),
    }
}

/// The path of a request, and its token.
fn request(stream: &TcpStream) -> io::Result<(String, String)> {
    let mut lines = BufReader::new(stream.take(1 << 16)).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let mut token = String::new();
    for line in lines {
        match line? {
            line if line.is_empty() => break,
            line => {
                if let Some(value) = line.strip_prefix("authorization: ") {
                    value.clone_into(&mut token);
                }
            }
        }
    }
    Ok((first.split(' ').nth(1).unwrap_or_default().to_owned(), token))
}

fn send(stream: &mut TcpStream, status: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}")
}

fn endless(stream: &mut TcpStream, piece: &[u8], pause: Duration) -> io::Result<()> {
    loop {
        stream.write_all(piece)?;
        thread::sleep(pause);
    }
}

/// The port of a server that says `first` to whoever has said something, and then anything, without
/// an end.
pub fn endless_after(first: &[u8]) -> u16 {
    let first = first.to_vec();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let first = first.clone();
            thread::spawn(move || {
                if stream.read(&mut [0; 4096])? == 0 {
                    return Ok(());
                }
                stream.write_all(&first)?;
                endless(&mut stream, &[b'x'; 1 << 16], Duration::ZERO)
            });
        }
    });
    port
}
