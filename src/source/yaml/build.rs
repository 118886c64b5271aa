use super::{
    Content, Kind, NodeId, Scalar, SourceFile, Value, Yaml, YamlError, decode, plain,
    repair::Outdented,
};
use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span};
use std::{borrow::Cow, collections::HashMap, ops::Range, sync::Arc};

pub(super) fn parse(file: Arc<SourceFile>) -> Yaml {
    parse_plain(&file).unwrap_or_else(|| parse_all(file))
}

/// Reads a file of plain YAML; nothing if there is more in it.
pub(super) fn parse_plain(file: &Arc<SourceFile>) -> Option<Yaml> {
    let mut builder = Builder::new(file, 0, Vec::new());
    plain::read(&mut builder).ok().map(|()| builder.finish())
}

/// Reads with the full parser.
pub(super) fn parse_all(file: Arc<SourceFile>) -> Yaml {
    let whole = 0..file.text().len();
    parse_part(file, whole)
}

/// Reads a part of a file with the full parser.
pub(super) fn parse_part(file: Arc<SourceFile>, part: Range<usize>) -> Yaml {
    // From the start of its line, so that its columns stay.
    let from = file.text()[..part.start].rfind('\n').map_or(0, |newline| newline + 1);
    let indent = " ".repeat(part.start - from);
    let mut text = match indent.is_empty() {
        true => Cow::Borrowed(&file.text()[part]),
        false => Cow::Owned(indent + &file.text()[part]),
    };
    let mut repairs = Vec::new();
    loop {
        let mut builder = Builder::new(&file, from, repairs);
        match builder.read(&text) {
            None => return builder.finish(),
            Some(outdented) => {
                text = Cow::Owned(outdented.blanked(&text, from));
                repairs = builder.repairs;
                repairs.push(outdented);
            }
        }
    }
}

fn options() -> Options {
    granit_parser::options! {
        emit_unresolved_aliases: true,
        // A workflow may open with a long commented-out block; it is bounded by the file.
        max_buffered_comment_events: usize::MAX,
    }
}

/// Makes a tree of the parser's events.
pub(super) struct Builder<'s> {
    pub file: &'s Arc<SourceFile>,
    /// Where the text that is read starts in the file.
    from: usize,
    /// What was repaired in the text that is read, compared with the file.
    pub repairs: Vec<Outdented>,
    pub nodes: Vec<Content>,
    documents: Vec<NodeId>,
    errors: Vec<YamlError>,
    pub comments: Vec<Range<usize>>,
    anchors: HashMap<usize, NodeId>,
    /// The collections that are not complete yet, outermost first.
    open: Vec<Open>,
}

struct Open {
    id: NodeId,
    /// The key that waits for its value.
    key: Option<NodeId>,
}

impl<'s> Builder<'s> {
    fn new(file: &'s Arc<SourceFile>, from: usize, repairs: Vec<Outdented>) -> Self {
        Self {
            file,
            from,
            repairs,
            // About as many as there are in real workflows.
            nodes: Vec::with_capacity(file.text().len() / 20),
            documents: Vec::new(),
            errors: Vec::new(),
            comments: Vec::new(),
            anchors: HashMap::new(),
            open: Vec::new(),
        }
    }

    /// Reads all of the text, or up to an error that should be repaired first.
    fn read(&mut self, text: &str) -> Option<Outdented> {
        let mut parser = Parser::new_from_str_with_options(text, options());
        loop {
            match parser.next_event() {
                None | Some(Ok((Event::StreamEnd, _))) => return None,
                Some(Ok((event, span))) => self.event(event, span),
                Some(Err(error)) => {
                    if let Some(outdented) = self.outdented(self.from + text.len()) {
                        return Some(outdented);
                    }
                    self.error(&error);
                    self.open.clear();
                    match parser.proceed_next_document() {
                        Ok(true) => {}
                        Ok(false) => return None,
                        Err(error) => {
                            self.error(&error);
                            return None;
                        }
                    }
                }
            }
        }
    }

    fn finish(mut self) -> Yaml {
        self.errors.extend(self.repairs.iter().map(Outdented::error));
        self.errors.sort_by_key(|error| error.at.start);
        Yaml {
            file: Arc::clone(self.file),
            nodes: self.nodes,
            documents: self.documents,
            errors: self.errors,
            comments: self.comments,
        }
    }

    fn error(&mut self, error: &ScanError) {
        let len = self.file.text().len();
        let at = error.marker().byte_offset().map_or(len, |at| at + self.from).min(len);
        self.errors.push(YamlError { message: error.info(), at: at..at, is_repaired: false });
    }

    fn event(&mut self, event: Event, span: Span) {
        let range = span.byte_range().unwrap_or_default();
        let range = range.start + self.from..range.end + self.from;
        match event {
            Event::Scalar(value, style, anchor, _) => {
                let value = self.value(&value, style, &range);
                self.node(range, Kind::Scalar(Scalar { style, value }), anchor);
            }
            Event::SequenceStart(_, anchor, _) => {
                self.start(range, Kind::Sequence(Vec::new()), anchor);
            }
            Event::MappingStart(_, anchor, _) => {
                self.start(range, Kind::Mapping(Vec::new()), anchor);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(range),
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(id) => self.attach(*id),
                None => self.unknown_alias(range),
            },
            Event::UnresolvedAlias(_) => self.unknown_alias(range),
            Event::Comment(..) => self.comments.push(range),
            _ => {}
        }
    }

    /// An alias without an anchor counts as what is written there.
    fn unknown_alias(&mut self, range: Range<usize>) {
        let name = self.file.text().get(range.clone()).unwrap_or_default();
        let message = format!("`{name}` names no anchor before it");
        self.errors.push(YamlError { message, at: range.clone(), is_repaired: true });
        let scalar = Scalar { style: ScalarStyle::Plain, value: Value::Verbatim(range.clone()) };
        self.node(range, Kind::Scalar(scalar), 0);
    }

    fn value(&self, value: &str, style: ScalarStyle, range: &Range<usize>) -> Value {
        let &Range { start, end } = range;
        if self.repairs.iter().any(|repair| repair.lines.start < end && start < repair.lines.end) {
            let repaired = |at| self.repairs.iter().any(|repair| repair.lines.contains(&at));
            let text = decode::outdented_block(self.file, start..end, repaired);
            return Value::Decoded(text);
        }
        let inner = match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted if end - start >= 2 => {
                start + 1..end - 1
            }
            // The parser gives `~` for a value that is not there.
            ScalarStyle::Plain if start == end => return Value::Verbatim(start..end),
            _ => start..start + value.len(),
        };
        if self.file.text().get(inner.clone()) == Some(value) {
            Value::Verbatim(inner)
        } else {
            Value::Decoded(decode::decode(self.file, style, start..end, value))
        }
    }

    /// Starts a collection, of which what comes next is a part.
    pub fn start(&mut self, range: Range<usize>, kind: Kind, anchor: usize) {
        let id = self.node(range, kind, anchor);
        self.open.push(Open { id, key: None });
    }

    /// Ends the innermost collection. A flow collection ends with its bracket, a block collection
    /// with its last child.
    pub fn end(&mut self, range: Range<usize>) {
        if let Some(closed) = self.open.pop() {
            self.close(closed.id, range);
        }
    }

    /// Adds a node where the reading stands. An anchor of 0 is none.
    pub fn node(&mut self, range: Range<usize>, kind: Kind, anchor: usize) -> NodeId {
        let id = self.nodes.len();
        self.nodes.push(Content { range, kind });
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        self.attach(id);
        id
    }

    fn close(&mut self, id: NodeId, end: Range<usize>) {
        let last = match &self.nodes[id].kind {
            Kind::Sequence(items) => items.last(),
            Kind::Mapping(entries) => entries.last().map(|(_, value)| value),
            Kind::Scalar(_) => None,
        };
        let end = match last {
            Some(last) if end.is_empty() => self.nodes[*last].range.end,
            _ => end.end,
        };
        let range = &mut self.nodes[id].range;
        range.end = range.end.max(end);
    }

    fn attach(&mut self, id: NodeId) {
        let Some(parent) = self.open.last_mut() else { return self.documents.push(id) };
        match &mut self.nodes[parent.id].kind {
            Kind::Sequence(items) => items.push(id),
            Kind::Mapping(entries) => match parent.key.take() {
                Some(key) => entries.push((key, id)),
                None => parent.key = Some(id),
            },
            Kind::Scalar(_) => {}
        }
    }
}
