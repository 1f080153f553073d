#![doc = include_str!("../README.md")]

mod deserializer;
mod mistake;
mod node;
mod parse;
mod spanned;

pub use self::deserializer::Failure;
pub use self::mistake::{Mistake, Position};
pub use self::node::{Content, Entry, Node};
pub use self::parse::parse;
pub use self::spanned::Spanned;

/// Reads a document.
///
/// # Errors
///
/// Fails with the first mistake.
pub fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    parse(text)?.read()
}

#[cfg(test)]
mod tests;
