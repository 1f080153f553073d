//! Parses YAML into a tree with positions, from which serde reads.
//!
//! `serde-saphyr` resolves aliases and merge keys, refuses repeated keys, and applies the limits. It deserializes only
//! the tree, because references to variables are replaced in the tree, and because it generates code for the maps of
//! each structure and each value, which would be a large part of a program.

mod deserializer;
mod spanned;
pub(super) mod substitution;

use std::fmt;

use serde::de::{
    Deserialize, DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor,
};
use serde_saphyr::options::NonFiniteFloatPolicy;
use serde_saphyr::{Error, Location, MessageFormatter as _, UserMessageFormatter};

pub use self::spanned::Spanned;
pub use super::mistake::{Mistake, Position};

/// The maximum number of values, including values from aliases.
const MAX_NODES: usize = 100_000;

const MAX_DEPTH: usize = 32;

/// The maximum size of keys and values, including those from aliases: 2 MiB.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// The maximum length of a key in bytes. The limit keeps error messages short, because their paths consist of keys.
const MAX_KEY: usize = 1024;

/// A value of a document, which can be read later.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "not part of the public interface")]
pub struct Node {
    /// The position. The value of an alias has the position of the anchor.
    pub position: Position,
    /// The value.
    pub content: Content,
}

/// The content of a value.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "not part of the public interface")]
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
#[expect(clippy::exhaustive_structs, reason = "not part of the public interface")]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The position of the key.
    pub position: Position,
    /// The value.
    pub value: Node,
}

/// Reads a document.
///
/// # Errors
///
/// Fails with the first mistake.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    parse(text)?.read()
}

/// Parses a document.
///
/// # Errors
///
/// The text is not YAML, a key occurs twice, or the document exceeds a limit.
pub fn parse(text: &str) -> Result<Node, Mistake> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_events: 2 * MAX_NODES,
            max_nodes: MAX_NODES,
            max_total_scalar_bytes: MAX_BYTES,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 2 * MAX_NODES },
        // The field that a value is read into determines the value's type.
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
    };
    let read = serde_saphyr::from_str_with_options::<serde_saphyr::Spanned<Raw>>(text, options);
    read.map(|raw| node(raw, text)).map_err(|error| refuse(&error))
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

    /// Returns the entries of a mapping; none for any other value.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the position of the value with this path or, if `is_key`, of its key. If there is no such value, returns
    /// the position of the nearest ancestor.
    pub fn locate<'a>(&self, path: impl IntoIterator<Item = &'a str>, is_key: bool) -> Position {
        let mut node = self;
        let mut position = self.position;
        for key in path {
            (node, position) = match &node.content {
                Content::List(items) => {
                    match key.parse().ok().and_then(|at: usize| items.get(at)) {
                        Some(item) => (item, item.position),
                        None => break,
                    }
                }
                Content::Map(entries) => match entries.iter().find(|entry| entry.key == key) {
                    Some(entry) if is_key => (&entry.value, entry.position),
                    Some(entry) => (&entry.value, entry.value.position),
                    None => break,
                },
                Content::Scalar { .. } => break,
            };
        }
        position
    }
}

fn refuse(error: &Error) -> Mistake {
    let (path, message) = match error {
        Error::DuplicateMappingKey { key, .. } => {
            let path = key.clone().unwrap_or_default();
            (path, "expected the key once, found it twice".to_owned())
        }
        Error::AliasError { error, .. } => return refuse(error),
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            (String::new(), "a value contains an alias of itself".to_owned())
        }
        Error::MultipleDocuments { .. } => (String::new(), "expected a single document".to_owned()),
        Error::Budget { .. } | Error::AliasReplayLimitExceeded { .. } => (
            String::new(),
            format!(
                "expected at most {MAX_BYTES} bytes, {MAX_NODES} values and {MAX_DEPTH} levels, including aliases, found more"
            ),
        ),
        Error::Message { msg, .. } => (String::new(), msg.clone()),
        other => {
            let message = UserMessageFormatter.format_message(other);
            (String::new(), format!("not YAML: {message}"))
        }
    };
    let position = error.location().map_or(Position { line: 1, column: 1 }, position);
    Mistake { position: Some(position), path, message }
}

fn position(location: Location) -> Position {
    let number = |number| usize::try_from(number).unwrap_or(usize::MAX);
    Position { line: number(location.line()), column: number(location.column()) }
}

/// A parsed value. It lacks the text of a number, a boolean or null, which is read from the document.
enum Raw {
    /// A number, a boolean or null.
    Plain,
    Text(String),
    List(Vec<serde_saphyr::Spanned<Self>>),
    Map(Vec<(serde_saphyr::Spanned<String>, serde_saphyr::Spanned<Self>)>),
}

/// Converts a value. The value of an alias has the position of the anchor.
fn node(raw: serde_saphyr::Spanned<Raw>, text: &str) -> Node {
    let written = || {
        let span = raw.defined.span();
        let from = span.byte_offset()?;
        let length = span.byte_len()?;
        text.get(usize::try_from(from).ok()?..usize::try_from(from + length).ok()?)
    };
    let content = match raw.value {
        Raw::Plain => {
            Content::Scalar { text: written().unwrap_or_default().to_owned(), is_plain: true }
        }
        Raw::Text(value) => {
            let is_plain = written() == Some(&value);
            Content::Scalar { text: value, is_plain }
        }
        Raw::List(items) => Content::List(items.into_iter().map(|item| node(item, text)).collect()),
        Raw::Map(entries) => {
            let entries = entries.into_iter().map(|(key, value)| Entry {
                position: position(key.defined),
                key: key.value,
                value: node(value, text),
            });
            Content::Map(entries.collect())
        }
    };
    Node { position: position(raw.defined), content }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

/// Implements the visitor's methods for values whose text is read from the document.
macro_rules! plain {
    ($($method:ident: $type:ty;)*) => {$(
        fn $method<E>(self, _: $type) -> Result<Raw, E> {
            Ok(Raw::Plain)
        }
    )*};
}

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    plain! {
        visit_bool: bool;
        visit_f64: f64;
        visit_i64: i64;
        visit_i128: i128;
        visit_u64: u64;
        visit_u128: u128;
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<serde_saphyr::Spanned<String>>()? {
            let found = key.value.len();
            if found > MAX_KEY {
                let message = format!("expected a key of at most {MAX_KEY} bytes, found {found}");
                return Err(A::Error::custom(message));
            }
            entries.push((key, map.next_value()?));
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests;
