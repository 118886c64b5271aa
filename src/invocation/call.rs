use super::Word;
use crate::source::{Hop, Location, Place};

/// One program call.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The program and its arguments. Every alternative of a word is an invocation of its own.
    pub argv: Vec<Word>,
    /// What is piped or redirected into it, if that is known.
    pub stdin: Option<Word>,
    /// Where the command stands in the text that it was read from.
    pub location: Option<Location>,
    /// The folder that it runs in, as far as that is known; empty for the one that the script
    /// starts in.
    pub folder: Word,
    pub place: Place,
    /// The steps that lead here, outermost first.
    pub via: Vec<Hop>,
}
