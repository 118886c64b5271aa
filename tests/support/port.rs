use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below those that the system gives to anybody who asks for any port.
const FIRST: u16 = 12_000;
const LAST: u16 = 31_000;

/// A port for a server that is started later, and more than once. One that the system gave us now
/// it could give to somebody else as soon as we have let go of it.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = std::process::id() as u16 % (LAST - FIRST);
    for _ in FIRST..LAST {
        // Tests beside this one, in processes with numbers near to ours, start far from here.
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + start.wrapping_mul(97).wrapping_add(step) % (LAST - FIRST);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free");
}
