//! How a lease changes hands. Between `tagout begin` and `tagout end` the watchdog alone holds the
//! host's lock; it waits at a socket in the store, beside the journal. Who sends the lease's token
//! there gets the lock: not a copy that could be taken twice, but the very file description that the
//! kernel locked. The connection is from then on the line by which the watchdog hears of their end.

use crate::guard::lock::HostLock;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a journal's socket is called.
pub const SUFFIX: &str = "sock";
/// How long one who knocks may take to say their token, and the watchdog to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the watchdog looks whether it is over.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
/// No token is longer.
const TOKEN_LIMIT: u64 = 256;
const GIVEN: u8 = b'1';
const REFUSED: u8 = b'0';

/// Where the watchdog waits; gone when this is dropped.
#[derive(Debug)]
pub struct Post {
    listener: UnixListener,
    path: PathBuf,
}

impl Post {
    pub fn open(journal: &Path) -> io::Result<Self> {
        let path = journal.with_extension(SUFFIX);
        // That of a watchdog that was killed. Only the holder of the lock comes here.
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(Address::of(journal)?.short)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, path })
    }

    /// Waits for the one who has the lock's token, and gives them the lock; nothing if it is over first.
    pub fn wait(&self, lock: &HostLock, is_over: impl Fn() -> bool) -> Option<UnixStream> {
        while !is_over() {
            // Whatever wakes it, it looks again.
            let _ = poll(&mut [PollFd::new(&self.listener, PollFlags::IN)], Some(&LOOK));
            if let Ok((line, _)) = self.listener.accept()
                && hand_over(&line, lock).is_ok()
            {
                return Some(line);
            }
        }
        None
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn hand_over(line: &UnixStream, lock: &HostLock) -> io::Result<()> {
    line.set_nonblocking(false)?;
    line.set_read_timeout(Some(PATIENCE))?;
    let mut said = String::new();
    BufReader::new(line.take(TOKEN_LIMIT)).read_line(&mut said)?;
    if said.trim_end() != lock.token() {
        (&mut &*line).write_all(&[REFUSED])?;
        return Err(ErrorKind::PermissionDenied.into());
    }
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut gift = SendAncillaryBuffer::new(&mut space);
    let shared = lock.share()?;
    let lock = [shared.as_fd()];
    gift.push(SendAncillaryMessage::ScmRights(&lock));
    sendmsg(line, &[IoSlice::new(&[GIVEN])], &mut gift, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Asks the watchdog of `journal` for the lock. An error if none answers, or not to this token.
pub fn ask(journal: &Path, token: &str) -> io::Result<(File, UnixStream)> {
    let mut line = UnixStream::connect(Address::of(journal)?.short)?;
    line.set_read_timeout(Some(PATIENCE))?;
    writeln!(line, "{token}")?;
    let mut answer = [0];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut gift = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let got = recvmsg(&line, &mut [IoSliceMut::new(&mut answer)], &mut gift, flags)?;
    let lock = gift.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut files) => files.next(),
        _ => None,
    });
    match lock {
        Some(lock) => Ok((File::from(lock), line)),
        None if got.bytes > 0 && answer == [REFUSED] => Err(ErrorKind::PermissionDenied.into()),
        None => Err(ErrorKind::UnexpectedEof.into()),
    }
}

/// A socket's address may be about 100 characters long, and a store's path longer: where the system
/// can, the folder is named by its being open.
struct Address {
    short: PathBuf,
    _folder: Option<OwnedFd>,
}

impl Address {
    fn of(journal: &Path) -> io::Result<Self> {
        let socket = journal.with_extension(SUFFIX);
        #[cfg(target_os = "linux")]
        if let (Some(folder), Some(name)) = (socket.parent(), socket.file_name()) {
            use std::os::fd::AsRawFd;
            let folder = OwnedFd::from(File::open(folder)?);
            let short = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
            return Ok(Self { short, _folder: Some(folder) });
        }
        Ok(Self { short: socket, _folder: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn only_the_token_gets_the_lock_and_it_is_the_same_lock() {
        let folder = tempfile::tempdir().unwrap();
        // Longer than an address of a socket may be.
        let folder = folder.path().join("a".repeat(120));
        std::fs::create_dir(&folder).unwrap();
        let journal = folder.join("one.jsonl");
        let post = Post::open(&journal).unwrap();
        let lock = File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        let lock = HostLock::adopt(lock, "right".to_owned());
        let inode = std::fs::metadata(folder.join("lock")).unwrap().ino();
        let waiting = std::thread::spawn(move || post.wait(&lock, || false).is_some());
        let refused = ask(&journal, "wrong").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
        let (given, _line) = ask(&journal, "right").unwrap();
        assert!(waiting.join().unwrap());
        assert_eq!(given.metadata().unwrap().ino(), inode);
        // The thread's own is closed by now, and still nobody else gets it.
        let other = File::open(folder.join("lock")).unwrap();
        assert!(other.try_lock().is_err());
        drop(given);
        other.try_lock().unwrap();
        assert!(ask(&journal, "right").is_err(), "nobody waits any more");
    }
}
