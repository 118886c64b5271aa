//! YAML with positions. In comes a file, out goes a tree of [`Node`]s that know their bytes; the
//! text of a scalar maps every decoded byte to the bytes that it was written as. Reading is
//! tolerant: what stands before an error is kept, and reading goes on after it where it can.

mod build;
mod decode;
mod merge;
mod plain;
mod repair;

pub use repair::goes_on_with_workflow;

use super::{Location, SourceFile, Text};
use granit_parser::ScalarStyle;
use std::{ops::Range, sync::Arc};

/// A file of YAML documents.
#[derive(Debug)]
pub struct Yaml {
    file: Arc<SourceFile>,
    nodes: Vec<Content>,
    documents: Vec<NodeId>,
    errors: Vec<YamlError>,
    comments: Vec<Range<usize>>,
}

/// What is wrong with the YAML, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    pub message: String,
    pub at: Range<usize>,
    /// It was read as what was meant.
    pub is_repaired: bool,
}

type NodeId = usize;

#[derive(Debug)]
struct Content {
    range: Range<usize>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Scalar(Scalar),
    Sequence(Vec<NodeId>),
    /// All entries in order, merges and duplicates included.
    Mapping(Vec<(NodeId, NodeId)>),
}

#[derive(Debug)]
struct Scalar {
    style: ScalarStyle,
    value: Value,
}

/// What a scalar says.
#[derive(Debug)]
enum Value {
    /// What stands in these bytes.
    Verbatim(Range<usize>),
    /// What they decode to, or mean where the file is not YAML.
    Decoded(Text),
}

/// One node of a [`Yaml`]. An alias is the node that it stands for.
#[derive(Clone, Copy, Debug)]
pub struct Node<'y> {
    yaml: &'y Yaml,
    id: NodeId,
}

impl Yaml {
    pub fn parse(file: Arc<SourceFile>) -> Self {
        build::parse(file)
    }

    /// Reads a part of a file that is YAML of its own, such as a scalar's text.
    pub fn parse_part(file: Arc<SourceFile>, part: Range<usize>) -> Self {
        build::parse_part(file, part)
    }

    pub fn file(&self) -> &Arc<SourceFile> {
        &self.file
    }

    /// The roots of the documents; of one with an error, what stands before the error.
    pub fn documents(&self) -> impl Iterator<Item = Node<'_>> {
        self.documents.iter().map(|id| Node { yaml: self, id: *id })
    }

    pub fn errors(&self) -> &[YamlError] {
        &self.errors
    }

    /// Whether some of it could not be read, for all the repair.
    pub fn is_broken(&self) -> bool {
        self.errors.iter().any(|error| !error.is_repaired)
    }

    /// The comments in order, from their `#` to the end of the line.
    pub fn comments(&self) -> &[Range<usize>] {
        &self.comments
    }
}

impl<'y> Node<'y> {
    fn content(self) -> &'y Content {
        &self.yaml.nodes[self.id]
    }

    fn sibling(self, id: NodeId) -> Self {
        Self { id, ..self }
    }

    pub fn range(self) -> Range<usize> {
        self.content().range.clone()
    }

    pub fn location(self) -> Location {
        Location { file: Arc::clone(&self.yaml.file), range: self.range() }
    }

    fn scalar(self) -> Option<&'y Scalar> {
        match &self.content().kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// A scalar's decoded value. Null is the empty string or what was written for it.
    pub fn as_str(self) -> Option<&'y str> {
        Some(match &self.scalar()?.value {
            Value::Verbatim(range) => &self.yaml.file.text()[range.clone()],
            Value::Decoded(text) => text.as_str(),
        })
    }

    /// A scalar's decoded value, every byte of which knows where it was written.
    pub fn text(self) -> Option<Text> {
        let scalar = self.scalar()?;
        let file = &self.yaml.file;
        Some(match &scalar.value {
            Value::Verbatim(range) => Text::of_range(Arc::clone(file), range.clone()),
            Value::Decoded(text) => text.clone(),
        })
    }

    /// Whether it is a scalar that was written without quotes and in one word or line: the only
    /// kind that can be a number, a truth value or null.
    pub fn is_plain(self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.style == ScalarStyle::Plain)
    }

    pub fn is_null(self) -> bool {
        self.is_plain() && matches!(self.as_str(), Some("" | "~" | "null" | "Null" | "NULL"))
    }

    /// What it is, in a word, for messages.
    pub fn kind_name(self) -> &'static str {
        match &self.content().kind {
            Kind::Scalar(_) if self.is_null() => "empty",
            Kind::Scalar(_) => "a single value",
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
        }
    }

    pub fn is_mapping(self) -> bool {
        matches!(self.content().kind, Kind::Mapping(_))
    }

    /// The items of a sequence; none of anything else.
    pub fn items(self) -> impl Iterator<Item = Node<'y>> {
        let items = match &self.content().kind {
            Kind::Sequence(items) => items.as_slice(),
            _ => &[],
        };
        items.iter().map(move |id| self.sibling(*id))
    }

    pub fn is_sequence(self) -> bool {
        matches!(self.content().kind, Kind::Sequence(_))
    }

    /// The value of a key; of duplicate keys the last one's, of merged ones (`<<`) the nearest.
    pub fn get(self, key: &str) -> Option<Node<'y>> {
        Some(self.entry(|name| name == key)?.1)
    }

    /// The last entry, merged ones coming after own ones, whose key is fitting.
    pub fn entry(self, fits: impl Fn(&str) -> bool) -> Option<(Node<'y>, Node<'y>)> {
        merge::find(self, &fits)
    }

    /// [`Self::entry`] of each of these names.
    pub fn entries_of<const N: usize>(self, names: [&str; N]) -> [Option<(Node<'y>, Node<'y>)>; N] {
        merge::find_all(self, names)
    }

    /// The keys that stand again in this very mapping, each with its name.
    pub fn duplicate_keys(self) -> Vec<(&'y str, Node<'y>)> {
        merge::duplicate_keys(self)
    }

    /// The entries that count, in order: of duplicate keys the last, merged ones (`<<`) after own
    /// ones. Only those whose key is a scalar.
    pub fn entries(self) -> Vec<(Node<'y>, Node<'y>)> {
        merge::entries(self)
    }
}

#[cfg(test)]
mod plain_tests;
#[cfg(test)]
mod tests;
