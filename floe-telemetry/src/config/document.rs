//! A YAML document (JSON is YAML, too) as a tree that knows where each value stands.
//!
//! Serde stops at the first mistake. Here the mistake is taken out of the tree, a stand-in is put
//! in its place, and the document is read again, so that all mistakes are told at once.

mod access;
mod deserializer;
mod failure;
mod parse;

use serde::de::DeserializeOwned;

use self::failure::{Failure, Remedy};
use super::problems::Problems;
use crate::error::Error;

/// More mistakes than these are not looked for.
const MOST: usize = 20;

/// A place in a document, counted from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

#[derive(Clone, Debug)]
struct Node {
    place: Place,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Scalar {
        text: String,
        /// Without quotes, so it may mean a number or nothing.
        is_plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Is whatever is asked for, because what stood here was a mistake.
    StandIn,
}

#[derive(Clone, Debug)]
struct Entry {
    key: String,
    place: Place,
    value: Node,
}

/// A document that was read: it tells where a value stood.
#[derive(Debug)]
pub(super) struct Document(Node);

impl Document {
    /// # Errors
    ///
    /// The text is not YAML.
    pub(super) fn parse(text: &str, problems: &mut Problems) -> Result<Self, Error> {
        parse::parse(text, problems).map(Self)
    }

    /// Reads a value. The mistakes go to `problems`, and in the value that comes back stand-ins
    /// are in their place. `None`: there is nothing to go on with.
    pub(super) fn read<T: DeserializeOwned>(&self, problems: &mut Problems) -> Option<T> {
        let mut root = self.0.clone();
        while problems.len() < MOST {
            let failure = match T::deserialize(&root) {
                Ok(value) => return Some(value),
                Err(failure) => failure,
            };
            let place = failure.place.unwrap_or(root.place);
            problems.add_at(place, failure.path.join("."), failure.message.clone());
            if !root.mend(&failure) {
                break;
            }
        }
        None
    }

    /// Where the value at a path stands, or the nearest above it.
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

    /// Takes the mistake out. Tells whether there is anything to hope for.
    fn mend(&mut self, failure: &Failure) -> bool {
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
                    // A section that is there and empty.
                    other => *other = Content::Map(vec![entry]),
                }
            }
        }
        true
    }
}
