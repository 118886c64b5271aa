//! Makes a real service answer late: what stands before it passes everything on, after a while.

use std::{
    io,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::Arc,
    thread,
    time::Duration,
};

/// The port of a door to the service at `port`, which opens only after `delay`.
pub fn tcp(port: u16, delay: Duration) -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let own = listener.local_addr()?.port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || {
                thread::sleep(delay);
                pass(client, port)
            });
        }
    });
    Ok(own)
}

/// Passes everything on in both directions, until both sides have said all.
fn pass(client: TcpStream, port: u16) -> io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", port))?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    let (from, to) = (client.try_clone()?, server.try_clone()?);
    let asking = thread::spawn(move || one_way(from, to));
    one_way(server, client)?;
    asking.join().unwrap_or(Ok(()))
}

fn one_way(mut from: TcpStream, mut to: TcpStream) -> io::Result<()> {
    // A side that goes away is none of its concern; the other one hears of it.
    let _ = io::copy(&mut from, &mut to);
    to.shutdown(Shutdown::Write)
}

/// The same for a service that is asked in single packets.
pub fn udp(port: u16, delay: Duration) -> io::Result<u16> {
    let door = Arc::new(UdpSocket::bind("127.0.0.1:0")?);
    let own = door.local_addr()?.port();
    thread::spawn(move || {
        let mut question = [0; 4096];
        while let Ok((length, client)) = door.recv_from(&mut question) {
            let (question, door) = (question[..length].to_vec(), Arc::clone(&door));
            thread::spawn(move || {
                thread::sleep(delay);
                answer(&question, port, &door, client)
            });
        }
    });
    Ok(own)
}

fn answer(question: &[u8], port: u16, door: &UdpSocket, client: SocketAddr) -> io::Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.send_to(question, ("127.0.0.1", port))?;
    let mut answer = [0; 4096];
    let length = socket.recv(&mut answer)?;
    door.send_to(&answer[..length], client).map(drop)
}
