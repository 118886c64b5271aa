use super::SourceFile;
use std::{
    io,
    path::{Path, PathBuf},
};

/// A file that is to be read when its turn comes, so that of many files few are held at a time; or
/// one that was read already.
#[derive(Debug)]
pub enum Input {
    At(PathBuf),
    Read(Box<SourceFile>),
}

impl Input {
    pub fn path(&self) -> &Path {
        match self {
            Self::At(path) => path,
            Self::Read(file) => file.path(),
        }
    }

    pub fn read(self) -> io::Result<SourceFile> {
        match self {
            Self::At(path) => SourceFile::read(&path),
            Self::Read(file) => Ok(*file),
        }
    }
}

impl From<SourceFile> for Input {
    fn from(file: SourceFile) -> Self {
        Self::Read(Box::new(file))
    }
}
