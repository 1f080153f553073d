#![doc = include_str!("../README.md")]

mod deserializer;
mod mistake;
mod node;
#[cfg(feature = "parse")]
mod parse;
mod read;
mod spanned;

pub use self::deserializer::Failure;
pub use self::mistake::{Kind, Mistake, Position};
pub use self::node::{Content, Entry, Node};
#[cfg(feature = "parse")]
pub use self::parse::parse;
pub use self::spanned::{Spanned, is_placeholder};

#[cfg(feature = "parse")]
/// Reads a document.
///
/// # Errors
///
/// Fails with all mistakes, in the order of the document.
pub fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let value = parse(text, &mut mistakes).and_then(|node| node.read(&mut mistakes));
    match value {
        Some(value) if mistakes.is_empty() => Ok(value),
        _ => {
            mistakes.sort_by_key(|mistake| mistake.position);
            Err(mistakes)
        }
    }
}

#[cfg(test)]
mod tests;
