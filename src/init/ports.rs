use std::{
    collections::{BTreeSet, HashSet},
    fs,
};

/// The state of a socket that listens, in the kernel's table.
const LISTENS: &str = "0A";

/// The TCP ports that any of these processes listens on.
pub fn of(pids: &[u32]) -> BTreeSet<u16> {
    let sockets: HashSet<String> = pids.iter().flat_map(|pid| sockets(*pid)).collect();
    all().into_iter().filter(|(_, inode)| sockets.contains(inode)).map(|(port, _)| port).collect()
}

/// Whether anybody listens on a port of this host.
pub fn is_open(port: u16) -> bool {
    all().iter().any(|(open, _)| *open == port)
}

/// Every port that somebody listens on, with its socket's number.
fn all() -> Vec<(u16, String)> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let texts = tables.iter().filter_map(|table| fs::read_to_string(table).ok());
    texts.flat_map(|text| text.lines().skip(1).filter_map(parse).collect::<Vec<_>>()).collect()
}

/// `0: 0100007F:0CEA 00000000:0000 0A … inode …`
fn parse(line: &str) -> Option<(u16, String)> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let (_, port) = fields.get(1)?.rsplit_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    (*fields.get(3)? == LISTENS).then_some(())?;
    Some((port, (*fields.get(9)?).to_owned()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sockets_that_listen_count() {
        let line =
            "0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 1";
        assert_eq!(parse(line), Some((3306, "4711".to_owned())));
        assert_eq!(parse(&line.replace(" 0A ", " 01 ")), None);
        assert_eq!(parse("sl local_address"), None);
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
