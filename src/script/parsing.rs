use crate::source::time_is_up;
use std::{cell::RefCell, ops::ControlFlow};
use tree_sitter::{Language, ParseOptions, ParseState, Parser, Tree};

/// Parses code, unless that takes too long.
pub fn parse(grammar: &Language, code: &str) -> Option<Tree> {
    thread_local! {
        static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
    }
    PARSER.with_borrow_mut(|parser| {
        parser.set_language(grammar).ok()?;
        // Some nonsense makes the parser try more and more ways at once.
        let mut rounds_left = 2_000 + code.len() / 16;
        let mut go_on = |_: &ParseState| match rounds_left.checked_sub(1) {
            Some(left) if !time_is_up() => {
                rounds_left = left;
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Break(()),
        };
        let mut read = |at: usize, _| code.as_bytes().get(at..).unwrap_or_default();
        let options = ParseOptions::new().progress_callback(&mut go_on);
        let tree = parser.parse_with_options(&mut read, None, Some(options));
        if tree.is_none() {
            // It would go on with the same text otherwise.
            parser.reset();
        }
        tree
    })
}
