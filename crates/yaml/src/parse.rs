//! Builds the tree from the events of the YAML parser.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Marker, Options, Parser, ScalarStyle};

use crate::mistake::{Kind, Mistake, Position};
use crate::node::{Content, Entry, MAX_MISTAKES, Node};

/// The maximum number of values that aliases add.
const MAX_NODES: usize = 100_000;

/// The maximum number of levels of a document.
const MAX_DEPTH: usize = 32;

/// The maximum number of bytes of the keys and values that aliases add: 1 MiB.
const MAX_BYTES: usize = 1024 * 1024;

/// The maximum number of bytes of a key. The paths in errors consist of keys.
const MAX_KEY: usize = 1024;

/// The key whose value is added to a mapping.
const MERGE: &str = "<<";

/// Parses a document. Aliases and merge keys are expanded.
///
/// A key that occurs twice is added to `mistakes`. `None` if the text is not YAML, if it is larger or deeper than a
/// configuration can be, or if it has more than one document: then the last of `mistakes` says so.
pub fn parse(text: &str, mistakes: &mut Vec<Mistake>) -> Option<Node> {
    // They are events if another crate in the program enables the parser's feature `comments`.
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut builder = Builder {
        events: Parser::new_from_str_with_options(text, options),
        anchors: HashMap::new(),
        nodes: 0,
        bytes: 0,
        mistakes,
    };
    match builder.document() {
        Ok(node) => Some(node),
        Err(mistake) => {
            mistakes.push(mistake);
            None
        }
    }
}

fn refuse(position: Position, what: impl Into<String>) -> Mistake {
    Mistake { position, path: String::new(), message: what.into(), kind: Kind::Value }
}

fn position(marker: &Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

struct Builder<'a, I: granit_parser::BorrowedInput<'a>> {
    events: Parser<'a, I>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    bytes: usize,
    mistakes: &'a mut Vec<Mistake>,
}

impl<'a, I: granit_parser::BorrowedInput<'a>> Builder<'a, I> {
    fn document(&mut self) -> Result<Node, Mistake> {
        let mut root = None;
        while let Some((event, position)) = self.next()? {
            match event {
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                Event::StreamEnd => break,
                _ if root.is_some() => return Err(refuse(position, "a second document begins")),
                event => root = Some(self.node(event, position, 0)?),
            }
        }
        Ok(root.unwrap_or(Node {
            position: Position { line: 1, column: 1 },
            content: Content::Scalar { text: String::new(), is_plain: true },
        }))
    }

    fn next(&mut self) -> Result<Option<(Event<'a>, Position)>, Mistake> {
        match self.events.next() {
            None => Ok(None),
            Some(Ok((event, span))) => Ok(Some((event, position(&span.start)))),
            Some(Err(error)) => Err(refuse(
                position(error.marker()),
                // The other lines describe the parser's stack.
                format!("not YAML: {}", error.info().lines().next().unwrap_or_default()),
            )),
        }
    }

    /// Returns the next event inside the collection that begins at `open`.
    fn next_of(&mut self, open: Position) -> Result<(Event<'a>, Position), Mistake> {
        self.next()?.ok_or_else(|| refuse(open, "the value that begins here does not end"))
    }

    fn node(
        &mut self,
        event: Event<'a>,
        position: Position,
        depth: usize,
    ) -> Result<Node, Mistake> {
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
                let Some(node) = self.anchors.get(&anchor) else {
                    return Err(refuse(position, "an alias of a value that contains it"));
                };
                let node = node.clone();
                self.count(Size::of(&node), position)?;
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

    fn list(&mut self, open: Position, depth: usize) -> Result<Content, Mistake> {
        let mut items = Vec::new();
        loop {
            match self.next_of(open)? {
                (Event::SequenceEnd, _) => return Ok(Content::List(items)),
                (event, position) => items.push(self.node(event, position, depth + 1)?),
            }
        }
    }

    fn map(&mut self, open: Position, depth: usize) -> Result<Content, Mistake> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut keys = HashSet::new();
        loop {
            let (key, key_position) = match self.next_of(open)? {
                (Event::MappingEnd, _) => return Ok(Content::Map(merged(entries))),
                (Event::Scalar(key, ..), position) => (key.into_owned(), position),
                (_, position) => return Err(refuse(position, "a key must be a word")),
            };
            if key.len() > MAX_KEY {
                let message =
                    format!("expected a key of at most {MAX_KEY} bytes, found {}", key.len());
                return Err(refuse(key_position, message));
            }
            let (event, position) = self.next_of(open)?;
            let value = self.node(event, position, depth + 1)?;
            if !keys.insert(key.clone()) {
                if self.mistakes.len() < MAX_MISTAKES {
                    self.mistakes.push(Mistake {
                        path: key,
                        ..refuse(key_position, "expected the key once, found it twice")
                    });
                }
                continue;
            }
            entries.push(Entry { key, alias: None, position: key_position, value });
        }
    }

    fn count(&mut self, size: Size, position: Position) -> Result<(), Mistake> {
        self.nodes += size.nodes;
        self.bytes += size.bytes;
        if self.nodes > MAX_NODES || self.bytes > MAX_BYTES {
            return Err(refuse(
                position,
                format!(
                    "expected at most {MAX_BYTES} bytes and {MAX_NODES} values, with those of aliases, found more"
                ),
            ));
        }
        Ok(())
    }
}

/// Adds the entries of a merged mapping, or of a list of them. An entry of the mapping itself takes precedence.
fn merged(mut entries: Vec<Entry>) -> Vec<Entry> {
    let is_merge = |entry: &Entry| {
        entry.key == MERGE
            && match &entry.value.content {
                Content::Map(_) => true,
                Content::List(items) => {
                    items.iter().all(|item| matches!(item.content, Content::Map(_)))
                }
                // It is an unknown key.
                _ => false,
            }
    };
    let Some(at) = entries.iter().position(is_merge) else {
        return entries;
    };
    let sources = match entries.remove(at).value {
        Node { content: Content::List(items), .. } => items,
        one => vec![one],
    };
    let mut keys: HashSet<_> = entries.iter().map(|known| known.key.clone()).collect();
    for source in sources {
        let Content::Map(others) = source.content else {
            continue;
        };
        for other in others {
            if keys.insert(other.key.clone()) {
                entries.push(other);
            }
        }
    }
    entries
}

/// The number of values, and the bytes of their texts and keys.
#[derive(Clone, Copy)]
struct Size {
    nodes: usize,
    bytes: usize,
}

impl Size {
    fn of(node: &Node) -> Self {
        let mut size = Self { nodes: 1, bytes: 0 };
        match &node.content {
            Content::Scalar { text, .. } => size.bytes += text.len(),
            Content::Placeholder { .. } => {}
            Content::List(items) => items.iter().for_each(|item| size.add(Self::of(item))),
            Content::Map(entries) => {
                for entry in entries {
                    size.bytes += entry.key.len();
                    size.add(Self::of(&entry.value));
                }
            }
        }
        size
    }

    fn add(&mut self, other: Self) {
        self.nodes += other.nodes;
        self.bytes += other.bytes;
    }
}
