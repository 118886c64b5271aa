//! No bytes make the YAML reader panic, hang or point outside of the file; the text of a scalar is
//! its value, and each of its bytes was written somewhere within the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use tagout::source::{
    SourceFile,
    yaml::{Node, Yaml},
};

/// Aliases make a tree of any size of a short file.
const MAX_NODES: usize = 10_000;

fuzz_target!(|bytes: &[u8]| {
    let file = Arc::new(SourceFile::of_bytes("x.yml", bytes.to_vec()));
    let yaml = Yaml::parse(Arc::clone(&file));
    for range in yaml.comments().iter().chain(yaml.errors().iter().map(|error| &error.at)) {
        assert!(file.text().get(range.clone()).is_some(), "{range:?}");
    }
    let mut left = MAX_NODES;
    for root in yaml.documents() {
        check(root, &file, &mut left);
    }
});

fn check(root: Node<'_>, file: &SourceFile, left: &mut usize) {
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        if *left == 0 {
            return;
        }
        *left -= 1;
        assert!(file.text().get(node.range()).is_some(), "{:?}", node.range());
        open.extend(node.items());
        open.extend(node.entries().into_iter().flat_map(|(key, value)| [key, value]));
        let Some(text) = node.text() else { continue };
        assert_eq!(Some(text.as_str()), node.as_str());
        for at in 0..text.len() {
            let written = text.locate(at..at + 1).expect("a byte was written somewhere");
            assert!(written.range.end <= file.text().len(), "{:?}", written.range);
        }
    }
}
