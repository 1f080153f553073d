//! Builds the tree from the events of the YAML parser.

use std::collections::HashMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle};

use super::{Content, Entry, Node};
use crate::config::problems::{Position, Problems};
use crate::error::Error;

/// The maximum number of values of a document after its aliases are expanded.
const MAX_NODES: usize = 10_000;

/// The maximum number of levels of a document.
const MAX_DEPTH: usize = 32;

/// # Errors
///
/// Fails if the text is not YAML, if it is larger or deeper than a configuration can be, or if it has more
/// than one document.
pub(super) fn parse(text: &str, problems: &mut Problems) -> Result<Node, Error> {
    let mut builder = Builder {
        events: Parser::new_from_str(text),
        anchors: HashMap::new(),
        nodes: 0,
        problems,
    };
    let mut root = None;
    while let Some((event, position)) = builder.next()? {
        match event {
            Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
            Event::StreamEnd => break,
            _ if root.is_some() => return Err(refuse(position, "a second document begins")),
            event => root = Some(builder.node(event, position, 0)?),
        }
    }
    Ok(root.unwrap_or(Node {
        position: Position { line: 1, column: 1 },
        content: Content::Scalar {
            text: String::new(),
            is_plain: true,
        },
    }))
}

fn refuse(position: Position, what: &str) -> Error {
    Error::config(format!(
        "telemetry configuration: line {}, column {}: {what}",
        position.line, position.column
    ))
}

fn position(marker: &Marker) -> Position {
    Position {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

struct Builder<'a, I: granit_parser::BorrowedInput<'a>> {
    events: Parser<'a, I>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    problems: &'a mut Problems,
}

impl<'a, I: granit_parser::BorrowedInput<'a>> Builder<'a, I> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Position)>, Error> {
        match self.events.next() {
            None => Ok(None),
            Some(Ok((event, span))) => Ok(Some((event, position(&span.start)))),
            Some(Err(error)) => Err(refuse(
                position(error.marker()),
                // The other lines describe the parser's stack.
                &format!(
                    "not YAML: {}",
                    error.info().lines().next().unwrap_or_default()
                ),
            )),
        }
    }

    /// Returns the next event inside the collection that begins at `open`.
    fn next_of(&mut self, open: Position) -> Result<(Event<'a>, Position), Error> {
        self.next()?
            .ok_or_else(|| refuse(open, "the value that begins here does not end"))
    }

    fn node(&mut self, event: Event<'a>, position: Position, depth: usize) -> Result<Node, Error> {
        self.count(1, position)?;
        if depth > MAX_DEPTH {
            return Err(refuse(position, "deeper than a configuration can be"));
        }
        let (content, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => {
                let is_plain = style == ScalarStyle::Plain;
                let text = text.into_owned();
                (Content::Scalar { text, is_plain }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => (self.list(position, depth)?, anchor),
            Event::MappingStart(_, anchor, _) => (self.map(position, depth)?, anchor),
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err(refuse(position, "an alias of a value that contains it"));
                };
                self.count(size(&node), position)?;
                return Ok(node);
            }
            _ => return Err(refuse(position, "not a value")),
        };
        let node = Node { position, content };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, open: Position, depth: usize) -> Result<Content, Error> {
        let mut items = Vec::new();
        loop {
            match self.next_of(open)? {
                (Event::SequenceEnd, _) => return Ok(Content::List(items)),
                (event, position) => items.push(self.node(event, position, depth + 1)?),
            }
        }
    }

    fn map(&mut self, open: Position, depth: usize) -> Result<Content, Error> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (key, key_position) = match self.next_of(open)? {
                (Event::MappingEnd, _) => return Ok(Content::Map(entries)),
                (Event::Scalar(key, ..), position) => (key.into_owned(), position),
                (_, position) => return Err(refuse(position, "a key must be a word")),
            };
            let (event, position) = self.next_of(open)?;
            let value = self.node(event, position, depth + 1)?;
            if entries.iter().any(|entry| entry.key == key) {
                self.problems.add_at(
                    key_position,
                    key,
                    "the key occurs twice, accepted is once".to_owned(),
                );
                continue;
            }
            entries.push(Entry {
                key,
                position: key_position,
                value,
            });
        }
    }

    fn count(&mut self, nodes: usize, position: Position) -> Result<(), Error> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            return Err(refuse(position, "larger than a configuration can be"));
        }
        Ok(())
    }
}

fn size(node: &Node) -> usize {
    1 + match &node.content {
        Content::Scalar { .. } | Content::StandIn => 0,
        Content::List(items) => items.iter().map(size).sum(),
        Content::Map(entries) => entries.iter().map(|entry| size(&entry.value)).sum(),
    }
}
