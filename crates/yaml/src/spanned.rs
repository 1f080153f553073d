//! Data that serde's data model cannot carry: the position of a value, and a part of a document.
//!
//! The deserializer puts them into a thread-local variable right before it calls the visitor, which takes them.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::mistake::Position;
use crate::node::Node;

/// The name of the newtype that requests the position of a value.
pub(crate) const SPANNED: &str = "floe_yaml::Spanned";

/// The name of the newtype that requests a part of a document.
pub(crate) const NODE: &str = "floe_yaml::Node";

thread_local! {
    static POSITION: Cell<Option<Position>> = const { Cell::new(None) };
    static PART: RefCell<Option<Node>> = const { RefCell::new(None) };
}

/// Passes a position to the [`Spanned`] that is read next.
pub(crate) fn hand_position(position: Position) {
    POSITION.set(Some(position));
}

/// Passes a part of the document to the [`Node`] that is read next.
pub(crate) fn hand_part(node: Node) {
    PART.set(Some(node));
}

/// A value with its position in the document, for mistakes that are found later. Only this crate can deserialize it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// The position.
    pub position: Position,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SpannedVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for SpannedVisitor<T> {
            type Value = Spanned<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value of a YAML document")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Spanned<T>, D::Error> {
                let position = POSITION.take();
                Ok(Spanned {
                    position: position.ok_or_else(|| D::Error::custom("it has no position"))?,
                    value: T::deserialize(deserializer)?,
                })
            }
        }

        deserializer.deserialize_newtype_struct(SPANNED, SpannedVisitor(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NodeVisitor;

        impl Visitor<'_> for NodeVisitor {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a part of a YAML document")
            }

            fn visit_unit<E: Error>(self) -> Result<Node, E> {
                PART.take().ok_or_else(|| E::custom("the value is not part of a YAML document"))
            }
        }

        deserializer.deserialize_newtype_struct(NODE, NodeVisitor)
    }
}
