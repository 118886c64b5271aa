//! Words that are paths, of which the start may be unknown.

use super::{Hole, Origin, Piece, Word};
use crate::source::{Location, Text};

impl Word {
    /// A path of the repository, wherever that is.
    pub fn in_repository(below: &str, location: Option<Location>) -> Self {
        let origin = Origin::Repository;
        let mut path = Self::hole(Hole { origin, ..Hole::unknown(".", location) });
        if !below.is_empty() {
            path.append(&Self::made_up(&format!("/{below}")));
        }
        path
    }

    /// What `dirname` gives.
    pub fn folder(&self) -> Option<Self> {
        let (before, path) = self.last_known()?;
        let kept = match path.as_str().rfind('/') {
            Some(slash) if before.is_empty() => path.slice(0..slash.max(1)),
            Some(slash) => path.slice(0..slash),
            None if before.is_empty() => return Some(Self::made_up(".")),
            None => return None,
        };
        let mut folder = Self { pieces: before.to_vec() };
        folder.push(Piece::Known(kept));
        Some(folder)
    }

    /// What `basename` gives.
    pub fn file_name(&self, without: Option<&str>) -> Option<Self> {
        let (before, path) = self.last_known()?;
        let name = match path.as_str().rfind('/') {
            Some(slash) => path.slice(slash + 1..path.len()),
            None if before.is_empty() => path,
            None => return None,
        };
        let stem = without.and_then(|ending| name.as_str().strip_suffix(ending)).map(str::len);
        Some(Self::known(name.slice(0..stem.unwrap_or(name.len()))))
    }

    /// The known text that it ends with, without final slashes, and what stands before that.
    fn last_known(&self) -> Option<(&[Piece], Text)> {
        let (last, before) = self.pieces.split_last()?;
        let Piece::Known(text) = last else { return None };
        Some((before, text.slice(0..text.as_str().trim_end_matches('/').len())))
    }
}
