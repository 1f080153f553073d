//! A mistake in a document, in words for those who wrote it.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::{Node, Place};
use crate::config::suggest::{accepted, nearest};

/// What takes the mistake out of the document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Remedy {
    /// The value is replaced.
    Replace,
    /// The key is removed.
    Remove,
    /// The key is put in.
    Insert,
}

/// A mistake: where, and what.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) place: Option<Place>,
    /// From the root to the value.
    pub(super) path: Vec<String>,
    pub(super) message: String,
    pub(super) remedy: Remedy,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            place: None,
            path: Vec::new(),
            message: message.into(),
            remedy: Remedy::Replace,
        }
    }

    fn about_key(name: &str, message: String, remedy: Remedy) -> Self {
        Self {
            path: vec![name.to_owned()],
            remedy,
            ..Self::new(message)
        }
    }

    /// Found in this node, unless it was found further inside.
    pub(super) fn at(mut self, node: &Node) -> Self {
        self.place.get_or_insert(node.place);
        self
    }

    /// Found below this key.
    pub(super) fn below(mut self, key: &str) -> Self {
        self.path.insert(0, key.to_owned());
        self
    }
}

/// Results that are told where they come from.
pub(super) trait Located {
    fn at(self, node: &Node) -> Self;
}

impl<T> Located for Result<T, Failure> {
    fn at(self, node: &Node) -> Self {
        self.map_err(|failure| failure.at(node))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl de::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("accepted is {expected}"))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("found {found}, accepted is {expected}"))
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("found `{found}`, {}", accepted(found, expected)))
    }

    fn unknown_field(found: &str, expected: &'static [&'static str]) -> Self {
        let message = match nearest(found, expected) {
            Some(near) => format!("unknown key: did you mean `{near}`?"),
            None => format!("unknown key, {}", accepted(found, expected)),
        };
        Self::about_key(found, message, Remedy::Remove)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::about_key(field, "is missing".to_owned(), Remedy::Insert)
    }
}
