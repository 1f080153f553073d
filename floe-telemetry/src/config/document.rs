//! A YAML document (JSON is YAML, too) as a tree of nodes with their positions.
//!
//! Serde stops at the first mistake. To report all mistakes, each invalid value is replaced by a
//! placeholder that deserializes as any type, and the document is read again.

mod deserializer;
mod parse;

use serde::de::DeserializeOwned;

pub(super) use self::deserializer::Failure;
use self::deserializer::Remedy;
use super::problems::{Position, Problems};
use crate::error::Error;

/// The number of mistakes after which reading stops.
const MAX_MISTAKES: usize = 20;

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) position: Position,
    pub(super) content: Content,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    Scalar {
        text: String,
        /// Whether it has no quotes, so that it may be a number, a boolean or null.
        is_plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// A placeholder for an invalid value, which deserializes as any type.
    StandIn,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) position: Position,
    pub(super) value: Node,
}

/// A parsed document.
#[derive(Debug)]
pub(super) struct Document(Node);

impl Document {
    /// # Errors
    ///
    /// Fails if the text is not YAML.
    pub(super) fn parse(text: &str, problems: &mut Problems) -> Result<Self, Error> {
        parse::parse(text, problems).map(Self)
    }

    pub(super) const fn root(&self) -> &Node {
        &self.0
    }

    pub(super) const fn root_mut(&mut self) -> &mut Node {
        &mut self.0
    }

    /// Deserializes a value. Mistakes are added to `problems`, and the value contains placeholders instead.
    /// `None` if the document cannot be deserialized even with placeholders.
    pub(super) fn read<T: DeserializeOwned>(&self, problems: &mut Problems) -> Option<T> {
        let mut root = self.0.clone();
        while problems.len() < MAX_MISTAKES {
            let failure = match T::deserialize(&root) {
                Ok(value) => return Some(value),
                Err(failure) => failure,
            };
            let position = failure.position.unwrap_or(root.position);
            problems.add_at(position, failure.path.join("."), failure.message.clone());
            if !root.replace(&failure) {
                break;
            }
        }
        None
    }

    /// Returns the position of the value with a path, or of its nearest ancestor.
    pub(super) fn position(&self, path: &str) -> Position {
        let mut node = &self.0;
        for key in path.split('.') {
            match node.child(key) {
                Some(child) => node = child,
                None => break,
            }
        }
        node.position
    }
}

impl Node {
    fn child(&self, key: &str) -> Option<&Self> {
        match &self.content {
            Content::Map(entries) => entries
                .iter()
                .find(|entry| entry.key == key)
                .map(|entry| &entry.value),
            Content::List(items) => items.get(key.parse::<usize>().ok()?),
            Content::Scalar { .. } | Content::StandIn => None,
        }
    }

    fn child_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.content {
            Content::Map(entries) => entries
                .iter_mut()
                .find(|entry| entry.key == key)
                .map(|entry| &mut entry.value),
            Content::List(items) => items.get_mut(key.parse::<usize>().ok()?),
            Content::Scalar { .. } | Content::StandIn => None,
        }
    }

    /// Replaces the value of a mistake by a placeholder. Returns false if it already is one or does not
    /// exist.
    fn replace(&mut self, failure: &Failure) -> bool {
        let (last, above) = match failure.path.split_last() {
            Some((last, above)) if failure.remedy != Remedy::Replace => (Some(last), above),
            _ => (None, &*failure.path),
        };
        let mut node = self;
        for key in above {
            match node.child_mut(key) {
                Some(child) => node = child,
                None => return false,
            }
        }
        let position = node.position;
        match (&mut node.content, last) {
            (Content::StandIn, _) => return false,
            (content, None) => *content = Content::StandIn,
            (Content::Map(entries), Some(key)) if failure.remedy == Remedy::Remove => {
                entries.retain(|entry| entry.key != *key);
            }
            (content, Some(key)) => {
                let entry = Entry {
                    key: key.clone(),
                    position,
                    value: Self {
                        position,
                        content: Content::StandIn,
                    },
                };
                match content {
                    Content::Map(entries) => entries.push(entry),
                    // A section without content.
                    other => *other = Content::Map(vec![entry]),
                }
            }
        }
        true
    }
}
