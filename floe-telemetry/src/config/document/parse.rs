//! Builds the tree from the events of the YAML parser.

use std::collections::HashMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle};

use super::{Content, Entry, Node};
use crate::config::problems::{Place, Problems};
use crate::error::Error;

/// Values that a document may have after its aliases are expanded.
const MAX_NODES: usize = 10_000;

/// Levels that a document may have.
const MAX_DEPTH: usize = 32;

/// # Errors
///
/// The text is not YAML, it is larger or deeper than a configuration can be, or it has more than one
/// document.
pub(super) fn parse(text: &str, problems: &mut Problems) -> Result<Node, Error> {
    let mut builder = Builder {
        events: Parser::new_from_str(text),
        anchors: HashMap::new(),
        nodes: 0,
        problems,
    };
    let mut root = None;
    while let Some((event, place)) = builder.next()? {
        match event {
            Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
            Event::StreamEnd => break,
            _ if root.is_some() => return Err(refuse(place, "a second document begins")),
            event => root = Some(builder.node(event, place, 0)?),
        }
    }
    Ok(root.unwrap_or(Node {
        place: Place { line: 1, column: 1 },
        content: Content::Scalar {
            text: String::new(),
            is_plain: true,
        },
    }))
}

fn refuse(place: Place, what: &str) -> Error {
    Error::config(format!(
        "telemetry configuration: line {}, column {}: {what}",
        place.line, place.column
    ))
}

fn place(marker: &Marker) -> Place {
    Place {
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
    fn next(&mut self) -> Result<Option<(Event<'a>, Place)>, Error> {
        match self.events.next() {
            None => Ok(None),
            Some(Ok((event, span))) => Ok(Some((event, place(&span.start)))),
            Some(Err(error)) => Err(refuse(
                place(error.marker()),
                // The further lines are about the parser's stack.
                &format!(
                    "not YAML: {}",
                    error.info().lines().next().unwrap_or_default()
                ),
            )),
        }
    }

    /// The next event inside of the collection that begins at `open`.
    fn next_of(&mut self, open: Place) -> Result<(Event<'a>, Place), Error> {
        self.next()?
            .ok_or_else(|| refuse(open, "the value that begins here does not end"))
    }

    fn node(&mut self, event: Event<'a>, place: Place, depth: usize) -> Result<Node, Error> {
        self.count(1, place)?;
        if depth > MAX_DEPTH {
            return Err(refuse(place, "deeper than a configuration can be"));
        }
        let (content, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => {
                let is_plain = style == ScalarStyle::Plain;
                let text = text.into_owned();
                (Content::Scalar { text, is_plain }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => (self.list(place, depth)?, anchor),
            Event::MappingStart(_, anchor, _) => (self.map(place, depth)?, anchor),
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err(refuse(place, "an alias of a value that contains it"));
                };
                self.count(size(&node), place)?;
                return Ok(node);
            }
            _ => return Err(refuse(place, "not a value")),
        };
        let node = Node { place, content };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, open: Place, depth: usize) -> Result<Content, Error> {
        let mut items = Vec::new();
        loop {
            match self.next_of(open)? {
                (Event::SequenceEnd, _) => return Ok(Content::List(items)),
                (event, place) => items.push(self.node(event, place, depth + 1)?),
            }
        }
    }

    fn map(&mut self, open: Place, depth: usize) -> Result<Content, Error> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (key, key_place) = match self.next_of(open)? {
                (Event::MappingEnd, _) => return Ok(Content::Map(entries)),
                (Event::Scalar(key, ..), place) => (key.into_owned(), place),
                (_, place) => return Err(refuse(place, "a key must be a word")),
            };
            let (event, place) = self.next_of(open)?;
            let value = self.node(event, place, depth + 1)?;
            if entries.iter().any(|entry| entry.key == key) {
                self.problems.add_at(
                    key_place,
                    key,
                    "the key occurs twice, accepted is once".to_owned(),
                );
                continue;
            }
            entries.push(Entry {
                key,
                place: key_place,
                value,
            });
        }
    }

    fn count(&mut self, nodes: usize, place: Place) -> Result<(), Error> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            return Err(refuse(place, "larger than a configuration can be"));
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
