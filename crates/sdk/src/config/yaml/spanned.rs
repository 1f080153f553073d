//! Passes data that serde's data model cannot express: the position of a value, and a part of a document.
//!
//! The deserializer puts the data into a thread-local variable right before it calls the visitor, which takes it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::{Node, Position};

/// The name of the newtype that requests the position of a value.
pub(super) const SPANNED: &str = "floe_telemetry::Spanned";

/// The name of the newtype that requests a part of a document.
pub(super) const NODE: &str = "floe_telemetry::Node";

thread_local! {
    pub(super) static POSITION: Cell<Option<Position>> = const { Cell::new(None) };
    pub(super) static PART: RefCell<Option<Node>> = const { RefCell::new(None) };
}

/// A value with its position in the document, for mistakes that are found later. It can be read from YAML only.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// The position.
    pub position: Position,
}

struct SpannedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(SPANNED, SpannedVisitor(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for SpannedVisitor<T> {
    type Value = Spanned<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of a YAML document")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<Spanned<T>, D::Error> {
        let position = POSITION.take().ok_or_else(|| D::Error::custom("it has no position"))?;
        Ok(Spanned { position, value: T::deserialize(value)? })
    }
}

struct NodeVisitor;

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NODE, NodeVisitor)
    }
}

impl Visitor<'_> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part of a YAML document")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        PART.take().ok_or_else(|| E::custom("it is not a part of a YAML document"))
    }
}
