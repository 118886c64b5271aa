//! The frames of PM2's socket: a byte that holds the version (1) and the number of arguments,
//! then for each its length (four bytes, big-endian) and `j:` and JSON, or `s:` and text.

use serde_json::Value;
use std::io::{self, Read};

/// The longest argument that is read: a list of some ten thousand processes.
const LONGEST: usize = 64 << 20;

/// A request: `message`, and the id that its answer will carry.
pub fn encode(message: &Value, id: &str) -> Vec<u8> {
    let arguments = [format!("j:{message}"), format!("s:{id}")];
    let mut frame = vec![0x10 | arguments.len() as u8];
    for argument in arguments {
        // A request of 4 GB cannot come from an answer of at most 64 MB.
        frame.extend((argument.len() as u32).to_be_bytes());
        frame.extend(argument.as_bytes());
    }
    frame
}

/// An answer: its message, and the id of the request that it answers.
pub fn read(from: &mut impl Read) -> io::Result<(Value, String)> {
    let mut head = [0];
    from.read_exact(&mut head)?;
    if head != [0x12] {
        return Err(odd("its answer does not start as one of PM2's does"));
    }
    let message = argument(from)?;
    let id = argument(from)?;
    let message = message.strip_prefix(b"j:").ok_or_else(|| odd("its answer is not JSON"))?;
    let id = id.strip_prefix(b"s:").ok_or_else(|| odd("its answer has no id"))?;
    Ok((
        serde_json::from_slice(message).map_err(|_| odd("its answer is not JSON"))?,
        String::from_utf8_lossy(id).into_owned(),
    ))
}

fn argument(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > LONGEST {
        return Err(odd("its answer is longer than 64 MB"));
    }
    // Grows with what really comes, so that a false length costs nothing.
    let mut bytes = Vec::new();
    from.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

fn odd(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_frame_reads_as_it_was_written() {
        let message = json!({"args": [{"name": "naïve", "pm_id": 0}]});
        let frame = encode(&message, "7");
        assert_eq!(read(&mut frame.as_slice()).unwrap(), (message, "7".to_owned()));
    }

    #[test]
    fn a_frame_that_is_cut_off_is_an_error_at_every_byte() {
        let frame = encode(&json!({"args": []}), "1");
        for end in 0..frame.len() {
            assert!(read(&mut &frame[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn a_false_length_is_refused_and_not_allocated() {
        let frame = [0x12, 0xff, 0xff, 0xff, 0xff, b'j'];
        assert!(read(&mut frame.as_slice()).unwrap_err().to_string().contains("64 MB"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = read(&mut bytes.as_slice());
        }
    }
}
