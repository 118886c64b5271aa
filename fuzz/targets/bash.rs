//! No text makes the shell reader panic, hang or point outside of the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use tagout::{
    effect, script,
    source::{Language, Script, SourceFile, Text},
};

fuzz_target!(|bytes: &[u8]| {
    // By a path that is nowhere: nothing of this machine is read.
    let file = Arc::new(SourceFile::of_bytes("/nowhere/x.sh", bytes.to_vec()));
    let reading = script::read(&Script::alone(Text::of_file(Arc::clone(&file)), Language::Shell));
    for invocation in &reading.invocations {
        effect::of(invocation);
        if let Some(location) = &invocation.location {
            assert!(file.text().get(location.range.clone()).is_some(), "{:?}", location.range);
        }
    }
    for unread in &reading.unread {
        assert!(!unread.reason.is_empty());
    }
});
