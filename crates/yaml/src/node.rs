//! A YAML document as a tree of nodes with their positions.

use crate::mistake::Position;

/// A value of a document, which can be read later.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Node {
    /// The position. The value of an alias has the position of the anchor.
    pub position: Position,
    /// The value.
    pub content: Content,
}

/// The content of a value.
#[derive(Clone, Debug)]
#[non_exhaustive]
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
#[non_exhaustive]
pub struct Entry {
    /// The key as written.
    pub key: String,
    /// The key that replaces it when it is read.
    pub alias: Option<String>,
    /// The position of the key.
    pub position: Position,
    /// The value.
    pub value: Node,
}

impl Entry {
    /// Returns the key for reading.
    pub fn name(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.key)
    }
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

    /// Returns the value below a key of a mapping, or below an index of a list.
    pub fn child(&self, key: &str) -> Option<&Self> {
        match &self.content {
            Content::Map(_) => self.entry(key).map(|entry| &entry.value),
            Content::List(items) => items.get(key.parse::<usize>().ok()?),
            Content::Scalar { .. } => None,
        }
    }

    /// Returns the entry of a mapping with a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Map(entries) => entries.iter().find(|entry| is_named(entry, key)),
            _ => None,
        }
    }

    /// Returns the position of the value with a path, or of its nearest ancestor.
    pub fn find_position(&self, path: &str) -> Position {
        let mut node = self;
        for key in path.split('.') {
            match node.child(key) {
                Some(child) => node = child,
                None => break,
            }
        }
        node.position
    }
}

fn is_named(entry: &Entry, key: &str) -> bool {
    entry.name() == key || entry.key == key
}
