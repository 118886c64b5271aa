//! The frames of PM2's socket: a byte that holds the version (1) and the number of arguments,
//! then for each its length (four bytes, big-endian) and `j:` and JSON, or `s:` and text.

use serde_json::Value;
use std::io::{self, Read};
use std::ops::Range;

/// The longest argument that is read: a list of some ten thousand processes.
const LONGEST: usize = 64 << 20;

/// `message`, and the id of a request and its answer.
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

/// A message as it came.
#[derive(Debug)]
pub struct Frame {
    bytes: Vec<u8>,
    message: Range<usize>,
    id: Range<usize>,
}

impl Frame {
    /// The next one; none where the other side has closed the connection in good order.
    pub fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut bytes = vec![0];
        loop {
            match from.read(&mut bytes) {
                Ok(0) => return Ok(None),
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if bytes != [0x12] {
            return Err(odd("it does not start as a message of PM2 does"));
        }
        let message = argument(from, &mut bytes)?;
        let id = argument(from, &mut bytes)?;
        Ok(Some(Self { bytes, message, id }))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it says.
    pub fn message(&self) -> io::Result<Value> {
        let json = self.bytes[self.message.clone()].strip_prefix(b"j:");
        let read = json.and_then(|json| serde_json::from_slice(json).ok());
        read.ok_or_else(|| odd("a message of PM2's is not JSON"))
    }

    /// The id of a request, and of the answer to it.
    pub fn id(&self) -> io::Result<&str> {
        let id = self.bytes[self.id.clone()].strip_prefix(b"s:");
        let read = id.and_then(|id| str::from_utf8(id).ok());
        read.ok_or_else(|| odd("a message of PM2's has no id"))
    }
}

/// Reads one argument to the end of `bytes`, and says where it is there.
fn argument(from: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<Range<usize>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    bytes.extend(length);
    let length = u32::from_be_bytes(length) as usize;
    if length > LONGEST {
        return Err(odd("a message of PM2's is longer than 64 MB"));
    }
    let start = bytes.len();
    // Grows with what really comes, so that a false length costs nothing.
    from.take(length as u64).read_to_end(bytes)?;
    if bytes.len() < start + length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(start..bytes.len())
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
        let read = Frame::read(&mut frame.as_slice()).unwrap().unwrap();
        assert_eq!((read.message().unwrap(), read.id().unwrap()), (message, "7"));
        assert_eq!(read.bytes(), frame);
    }

    #[test]
    fn a_frame_that_is_cut_off_is_an_error_at_every_byte() {
        let frame = encode(&json!({"args": []}), "1");
        assert!(Frame::read(&mut &frame[..0]).unwrap().is_none());
        for end in 1..frame.len() {
            assert!(Frame::read(&mut &frame[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn a_false_length_is_refused_and_not_allocated() {
        let frame = [0x12, 0xff, 0xff, 0xff, 0xff, b'j'];
        assert!(Frame::read(&mut frame.as_slice()).unwrap_err().to_string().contains("64 MB"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            if let Ok(Some(frame)) = Frame::read(&mut bytes.as_slice()) {
                let _ = (frame.message(), frame.id());
            }
        }
    }
}
