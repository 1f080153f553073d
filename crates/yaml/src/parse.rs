//! Builds the tree. `serde-saphyr` resolves aliases and merge keys, refuses repeated keys, and applies the limits.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::NonFiniteFloatPolicy;
use serde_saphyr::{Error, Location, MessageFormatter as _, Spanned, UserMessageFormatter};

use crate::mistake::{Mistake, Position};
use crate::node::{Content, Entry, Node};

/// The maximum number of values, including values from aliases.
const MAX_NODES: usize = 100_000;

/// The maximum depth of a document.
const MAX_DEPTH: usize = 32;

/// The maximum size of keys and values, including those from aliases: 2 MiB.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// The maximum length of a key. The paths in errors consist of keys.
const MAX_KEY: usize = 1024;

/// Parses a document. Aliases and merge keys are expanded.
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
    let read = serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options);
    read.map(|raw| node(raw, text)).map_err(|error| refuse(&error))
}

fn refuse(error: &Error) -> Mistake {
    let (message, path) = match error {
        Error::DuplicateMappingKey { key, .. } => {
            let path = key.clone().unwrap_or_default();
            ("expected the key once, found it twice".to_owned(), path)
        }
        Error::AliasError { error, .. } => return refuse(error),
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            ("an alias of a value that contains it".to_owned(), String::new())
        }
        Error::MultipleDocuments { .. } => ("a second document begins".to_owned(), String::new()),
        Error::Budget { .. } | Error::AliasReplayLimitExceeded { .. } => (
            format!(
                "expected at most {MAX_BYTES} bytes, {MAX_NODES} values and {MAX_DEPTH} levels, including aliases, found more"
            ),
            String::new(),
        ),
        Error::Message { msg, .. } => (msg.clone(), String::new()),
        other => {
            (format!("not YAML: {}", UserMessageFormatter.format_message(other)), String::new())
        }
    };
    let position = error.location().map_or(Position { line: 1, column: 1 }, position);
    Mistake { position, path, message }
}

fn position(location: Location) -> Position {
    let number = |number| usize::try_from(number).unwrap_or(usize::MAX);
    Position { line: number(location.line()), column: number(location.column()) }
}

/// A value whose text is unknown: the text of a number is in the document.
enum Raw {
    /// A number, a boolean or null.
    Plain,
    Text(String),
    List(Vec<Spanned<Self>>),
    Map(Vec<(Spanned<String>, Spanned<Self>)>),
}

/// Converts a value. The value of an alias has the position of the anchor.
fn node(raw: Spanned<Raw>, text: &str) -> Node {
    let written = || {
        let span = raw.defined.span();
        let (from, length) = (span.byte_offset()?, span.byte_len()?);
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
                alias: None,
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

/// Values whose text is in the document.
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

    fn visit_string<E>(self, text: String) -> Result<Raw, E> {
        Ok(Raw::Text(text))
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
        while let Some(key) = map.next_key::<Spanned<String>>()? {
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
