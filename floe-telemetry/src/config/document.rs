//! A YAML document (JSON is YAML too) as a tree whose nodes know their places.
//!
//! Serde stops at the first mistake. To report all of them, the value of each mistake is replaced by a
//! stand-in that deserializes as any type, and the document is read again.

mod deserializer;
mod parse;

use serde::de::DeserializeOwned;

use self::deserializer::{Failure, Remedy};
use super::problems::{Place, Problems};
use crate::error::Error;

/// Mistakes after which reading stops.
const MAX_MISTAKES: usize = 20;

#[derive(Clone, Debug)]
struct Node {
    place: Place,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Scalar {
        text: String,
        /// It has no quotes, so it may be a number, a boolean or null.
        is_plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Replaces a mistake, and deserializes as any type.
    StandIn,
}

#[derive(Clone, Debug)]
struct Entry {
    key: String,
    place: Place,
    value: Node,
}

/// A parsed document.
#[derive(Debug)]
pub(super) struct Document(Node);

impl Document {
    /// # Errors
    ///
    /// The text is not YAML.
    pub(super) fn parse(text: &str, problems: &mut Problems) -> Result<Self, Error> {
        parse::parse(text, problems).map(Self)
    }

    /// Reads a value. Mistakes are added to `problems`, and the value has stand-ins in their places.
    /// `None`: the document is not such a value even with stand-ins.
    pub(super) fn read<T: DeserializeOwned>(&self, problems: &mut Problems) -> Option<T> {
        let mut root = self.0.clone();
        while problems.len() < MAX_MISTAKES {
            let failure = match T::deserialize(&root) {
                Ok(value) => return Some(value),
                Err(failure) => failure,
            };
            let place = failure.place.unwrap_or(root.place);
            problems.add_at(place, failure.path.join("."), failure.message.clone());
            if !root.replace(&failure) {
                break;
            }
        }
        None
    }

    /// The place of the value at a path, or of the nearest value above it.
    pub(super) fn place(&self, path: &str) -> Place {
        let mut node = &self.0;
        for key in path.split('.') {
            match node.child(key) {
                Some(child) => node = child,
                None => break,
            }
        }
        node.place
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

    /// Replaces the value of a mistake. `false`: it was a stand-in already, or is not there.
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
        let place = node.place;
        match (&mut node.content, last) {
            (Content::StandIn, _) => return false,
            (content, None) => *content = Content::StandIn,
            (Content::Map(entries), Some(key)) if failure.remedy == Remedy::Remove => {
                entries.retain(|entry| entry.key != *key);
            }
            (content, Some(key)) => {
                let entry = Entry {
                    key: key.clone(),
                    place,
                    value: Self {
                        place,
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
