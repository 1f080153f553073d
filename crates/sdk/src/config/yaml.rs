//! Parses YAML into a tree with positions, from which serde reads.
//!
//! The parser is the core of `serde-saphyr`, which would deserialize each structure from its events. That does not suffice
//! here: variables are replaced before values have types, in some paths and not in others; each value keeps its place as
//! the source of a setting; a number such as `1.20` stays text where a text is expected, and a quoted `'true'` is no
//! boolean. Its errors have neither the path of the key nor the value that was found. And it draws pictures of mistakes,
//! which are a large part of a program.
//!
//! The tree resolves aliases, refuses repeated keys, and applies the limits; references to variables are
//! replaced in it.

mod deserializer;
pub(super) mod substitution;

use std::collections::{BTreeMap, HashSet};

use granit_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::mistake::below;
pub use super::mistake::{Mistake, Position};

/// The maximum number of values, including values from aliases.
const MAX_NODES: usize = 100_000;

const MAX_DEPTH: usize = 32;

/// The maximum size of keys and values, including those from aliases: 2 MiB.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// The maximum length of a key in bytes. The limit keeps error messages short, because their paths consist of keys.
const MAX_KEY: usize = 1024;

/// The name by which the deserializer knows [`Spanned`].
const SPANNED: &str = "floe_telemetry::Spanned";

/// A value with its position in the document, for mistakes that are found later.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename = "floe_telemetry::Spanned")]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// The position.
    pub position: Position,
}

/// A value of a document, which can be read later.
#[derive(Clone, Debug)]
pub struct Node {
    /// The position. The value of an alias has the position of the anchor.
    pub position: Position,
    /// The value.
    pub content: Content,
}

/// The content of a value.
#[derive(Clone, Debug)]
pub enum Content {
    /// A text, a number, a boolean or null.
    Scalar {
        /// The text as written, without quotes.
        text: String,
        /// Whether the scalar has no quotes, so that it may be a number, a boolean or null.
        is_plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A mapping.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The position of the key.
    pub position: Position,
    /// The value.
    pub value: Node,
}

/// Reads a document.
///
/// # Errors
///
/// Fails with the first mistake.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    parse(text)?.read()
}

/// Parses a document.
///
/// # Errors
///
/// The text is not YAML, a key occurs twice, or the document exceeds a limit.
pub fn parse(text: &str) -> Result<Node, Mistake> {
    let options = granit_parser::options! { emit_comments: false };
    let parser = Parser::new_from_str_with_options(text, options);
    let mut tree = Tree { parser, anchors: BTreeMap::new(), nodes: 0, bytes: 0 };
    let mut root = None;
    loop {
        match tree.next()? {
            (Event::StreamEnd, _) => break,
            (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd, _) => {}
            (_, span) if root.is_some() => {
                return Err(refuse(position(&span.start), "expected a single document"));
            }
            (event, span) => root = Some(tree.node(event, span, 1)?),
        }
    }
    let nothing = Content::Scalar { text: String::new(), is_plain: true };
    Ok(root.unwrap_or(Node { position: Position { line: 1, column: 1 }, content: nothing }))
}

impl Node {
    /// Returns whether the value is null: nothing, `~` or `null`.
    pub fn is_null(&self) -> bool {
        match &self.content {
            Content::Scalar { text, is_plain } => {
                *is_plain && matches!(&**text, "" | "~" | "null" | "Null" | "NULL")
            }
            _ => false,
        }
    }

    /// Returns the entries of a mapping; none for any other value.
    pub fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Calls `each` with the path and the position of each scalar.
    pub(super) fn scalars(&self, path: &str, each: &mut dyn FnMut(&str, Position)) {
        match &self.content {
            Content::Scalar { .. } => each(path, self.position),
            Content::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    item.scalars(&below(path, &at.to_string()), each);
                }
            }
            Content::Map(entries) => {
                for entry in entries {
                    entry.value.scalars(&below(path, &entry.key), each);
                }
            }
        }
    }

    /// Returns the position of the value with this path or, if `is_key`, of its key. If there is no such value, returns
    /// the position of the nearest ancestor.
    pub fn locate<'a>(&self, path: impl IntoIterator<Item = &'a str>, is_key: bool) -> Position {
        let mut node = self;
        let mut position = self.position;
        for key in path {
            (node, position) = match &node.content {
                Content::List(items) => {
                    match key.parse().ok().and_then(|at: usize| items.get(at)) {
                        Some(item) => (item, item.position),
                        None => break,
                    }
                }
                Content::Map(entries) => match entries.iter().find(|entry| entry.key == key) {
                    Some(entry) if is_key => (&entry.value, entry.position),
                    Some(entry) => (&entry.value, entry.value.position),
                    None => break,
                },
                Content::Scalar { .. } => break,
            };
        }
        position
    }
}

/// Builds the tree of a document.
struct Tree<'text> {
    parser: Parser<'text, StrInput<'text>>,
    /// The values that aliases may repeat.
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    bytes: usize,
}

impl<'text> Tree<'text> {
    fn next(&mut self) -> Result<(Event<'text>, Span), Mistake> {
        let next = self.parser.next_event().unwrap_or(Ok((Event::StreamEnd, Span::default())));
        next.map_err(|error| {
            refuse(position(error.marker()), &format!("not YAML: {}", error.info()))
        })
    }

    fn node(&mut self, event: Event<'_>, span: Span, level: usize) -> Result<Node, Mistake> {
        let position = position(&span.start);
        let (content, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.count(text.len(), 0, position)?;
                let is_text = tag.is_some_and(|tag| tag.core_suffix() == Some("str"));
                let is_plain = style == ScalarStyle::Plain && !is_text;
                (Content::Scalar { text: text.into_owned(), is_plain }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.count(0, level, position)?;
                (Content::List(self.items(level)?), anchor)
            }
            Event::MappingStart(_, anchor, _) => {
                self.count(0, level, position)?;
                (Content::Map(self.entries(level)?), anchor)
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err(refuse(position, "a value contains an alias of itself"));
                };
                self.count_all(&node, level, position)?;
                return Ok(node);
            }
            _ => return Err(refuse(position, "not YAML: expected a value")),
        };
        let node = Node { position, content };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn items(&mut self, level: usize) -> Result<Vec<Node>, Mistake> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(items),
                (event, span) => items.push(self.node(event, span, level + 1)?),
            }
        }
    }

    fn entries(&mut self, level: usize) -> Result<Vec<Entry>, Mistake> {
        let mut entries = Vec::new();
        let mut keys = HashSet::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(entries);
            }
            let Node { position, content } = self.node(event, span, level + 1)?;
            let Content::Scalar { text: key, .. } = content else {
                return Err(refuse(position, "not YAML: expected a text as the key"));
            };
            let found = key.len();
            if found > MAX_KEY {
                let message = format!("expected a key of at most {MAX_KEY} bytes, found {found}");
                return Err(refuse(position, &message));
            }
            if !keys.insert(key.clone()) {
                let mistake = refuse(position, "expected the key once, found it twice");
                return Err(Mistake { path: key, ..mistake });
            }
            let (event, span) = self.next()?;
            let value = self.node(event, span, level + 1)?;
            entries.push(Entry { key, position, value });
        }
    }

    /// Counts the values of an alias, which stands at a level.
    fn count_all(&mut self, node: &Node, level: usize, alias: Position) -> Result<(), Mistake> {
        match &node.content {
            Content::Scalar { text, .. } => self.count(text.len(), 0, alias),
            Content::List(items) => {
                self.count(0, level, alias)?;
                items.iter().try_for_each(|item| self.count_all(item, level + 1, alias))
            }
            Content::Map(entries) => {
                self.count(0, level, alias)?;
                entries.iter().try_for_each(|entry| {
                    self.count(entry.key.len(), 0, alias)?;
                    self.count_all(&entry.value, level + 1, alias)
                })
            }
        }
    }

    fn count(&mut self, bytes: usize, level: usize, position: Position) -> Result<(), Mistake> {
        self.nodes += 1;
        self.bytes += bytes;
        if self.nodes <= MAX_NODES && self.bytes <= MAX_BYTES && level <= MAX_DEPTH {
            return Ok(());
        }
        let message = format!(
            "expected at most {MAX_BYTES} bytes, {MAX_NODES} values and {MAX_DEPTH} levels, including aliases, found more"
        );
        Err(refuse(position, &message))
    }
}

fn refuse(position: Position, message: &str) -> Mistake {
    Mistake { position: Some(position), path: String::new(), message: message.to_owned() }
}

fn position(start: &Marker) -> Position {
    Position { line: start.line(), column: start.col() + 1 }
}

#[cfg(test)]
mod tests;
