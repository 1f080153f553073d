//! A YAML document as a tree of nodes with their positions.

use crate::mistake::Position;

/// A value of a document, which can be read later.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Node {
    /// Its position. The value of an alias has the position of the anchor.
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
        /// As it is written, without quotes.
        text: String,
        /// Whether it has no quotes, so that it may be a number, a boolean or null.
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
    /// The key as it is written.
    pub key: String,
    /// The key that is read in place of it.
    pub alias: Option<String>,
    /// The position of the key.
    pub position: Position,
    /// The value.
    pub value: Node,
}

impl Entry {
    /// Returns the key that is read.
    pub fn name(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.key)
    }
}

impl Node {
    /// Removes the keys at a position. Returns whether there are any.
    pub fn remove_keys(&mut self, position: Position) -> bool {
        let mut is_found = false;
        match &mut self.content {
            Content::Map(entries) => {
                let count = entries.len();
                entries.retain(|entry| entry.position != position);
                is_found = entries.len() < count;
                for entry in entries {
                    is_found |= entry.value.remove_keys(position);
                }
            }
            Content::List(items) => {
                for item in items {
                    is_found |= item.remove_keys(position);
                }
            }
            Content::Scalar { .. } => {}
        }
        is_found
    }

    /// Returns whether it is null: nothing, `~` or `null`.
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

    /// Returns the key of a mapping with its value.
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

    /// Returns the value below a key of a mapping, or below an index of a list, to change it.
    pub fn child_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.content {
            Content::Map(entries) => {
                let entry = entries.iter_mut().find(|entry| is_named(entry, key));
                entry.map(|entry| &mut entry.value)
            }
            Content::List(items) => items.get_mut(key.parse::<usize>().ok()?),
            Content::Scalar { .. } => None,
        }
    }
}

fn is_named(entry: &Entry, key: &str) -> bool {
    entry.name() == key || entry.key == key
}
