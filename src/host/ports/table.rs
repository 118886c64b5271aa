use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;

/// The kernel's tables, by protocol, and the state in them of a socket that waits for anybody.
const TABLES: [(&str, &str, &str); 4] = [
    ("tcp", "/proc/net/tcp", "0A"),
    ("tcp", "/proc/net/tcp6", "0A"),
    ("udp", "/proc/net/udp", "07"),
    ("udp", "/proc/net/udp6", "07"),
];

/// A socket that waits for anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    pub protocol: &'static str,
    pub port: u16,
    /// The socket's number.
    pub socket: String,
}

/// The TCP ports that any of these processes listens on.
pub fn of(pids: &[u32]) -> BTreeSet<u16> {
    let sockets: HashSet<String> = pids.iter().flat_map(|pid| sockets(*pid)).collect();
    let theirs = tcp().filter(|listening| sockets.contains(&listening.socket));
    theirs.map(|listening| listening.port).collect()
}

/// Whether anybody listens on a TCP port of this host.
pub fn is_open(port: u16) -> bool {
    tcp().any(|listening| listening.port == port)
}

fn tcp() -> impl Iterator<Item = Listening> {
    all().into_iter().filter(|listening| listening.protocol == "tcp")
}

/// Every port that somebody listens on.
pub fn all() -> Vec<Listening> {
    let read = |(protocol, table, state): (&'static str, &str, &str)| {
        let text = fs::read_to_string(table).unwrap_or_default();
        let lines = text.lines().skip(1).filter_map(|line| parse(line, protocol, state));
        lines.collect::<Vec<_>>()
    };
    TABLES.into_iter().flat_map(read).collect()
}

/// `0: 0100007F:0CEA 00000000:0000 0A … inode …`
fn parse(line: &str, protocol: &'static str, listens: &str) -> Option<Listening> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let (_, port) = fields.get(1)?.rsplit_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    (*fields.get(3)? == listens).then_some(())?;
    Some(Listening { protocol, port, socket: (*fields.get(9)?).to_owned() })
}

/// Who has these sockets open, as far as this user may see it.
pub fn owners(sockets_wanted: &HashSet<&str>) -> HashMap<String, u32> {
    let mut found = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        for socket in sockets(pid) {
            if sockets_wanted.contains(socket.as_str()) {
                // Of several, such as a server and its workers, the one that was there first.
                found.entry(socket).and_modify(|one: &mut u32| *one = pid.min(*one)).or_insert(pid);
            }
        }
    }
    found
}

fn sockets(pid: u32) -> Vec<String> {
    let open = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let targets = open.filter_map(|entry| fs::read_link(entry.path()).ok());
    targets
        .filter_map(|target| {
            let inside = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(inside.to_owned())
        })
        .collect()
}

/// All ports, each once: IPv4 and IPv6 are two sockets of one server.
pub fn by_port() -> BTreeMap<(&'static str, u16), Vec<Listening>> {
    let mut ports: BTreeMap<_, Vec<Listening>> = BTreeMap::new();
    for listening in all() {
        ports.entry((listening.protocol, listening.port)).or_default().push(listening);
    }
    ports
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sockets_that_listen_count() {
        let line =
            "0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 1";
        let expected = Listening { protocol: "tcp", port: 3306, socket: "4711".to_owned() };
        assert_eq!(parse(line, "tcp", "0A"), Some(expected));
        assert_eq!(parse(&line.replace(" 0A ", " 01 "), "tcp", "0A"), None);
        assert_eq!(parse("sl local_address", "tcp", "0A"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_ports_of_a_process_are_its_own() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(of(&[std::process::id()]).contains(&port) && is_open(port));
        assert!(!of(&[1]).contains(&port));
    }
}
