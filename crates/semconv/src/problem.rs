//! The problem of a key or a value, as a sentence.

use std::fmt;

use crate::lookup::VERSION;
use crate::nearest::misspelled;
use crate::row::{Deprecation, Kind};

/// A problem of a key or its value. It is displayed as a sentence without a full stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem<'a> {
    /// The conventions have renamed or removed the key.
    Deprecated {
        /// The key.
        key: &'a str,
        /// The reason why the key is deprecated.
        deprecation: Deprecation,
    },
    /// The conventions lack the key, and one of their keys is more similar to it than all others.
    Unknown {
        /// The key.
        key: &'a str,
        /// The key of the conventions.
        nearest: &'static str,
    },
    /// The text does not have the form of a key.
    NoKey {
        /// The key.
        key: &'a str,
    },
    /// The value is not listed for the key, but is similar to a listed value.
    NoMember {
        /// The key.
        key: &'a str,
        /// The value.
        value: &'a str,
        /// The listed value.
        nearest: &'static str,
    },
    /// The conventions require another kind of value for the key.
    OtherKind {
        /// The key.
        key: &'a str,
        /// The kind of the key's values.
        expected: Kind,
        /// The kind of this value.
        found: Kind,
    },
}

/// Returns the listed value that `value` probably misspells. The first letters must be equal, because mistakes there
/// are rare, and many names differ only there, such as `trpc` and `grpc`.
pub(crate) fn member(value: &str, members: &[&'static str]) -> Option<&'static str> {
    let first = |text: &str| text.chars().next().map(|it| it.to_ascii_lowercase());
    let alike = members.iter().filter(|member| first(member) == first(value)).copied();
    misspelled(value, &alike.collect::<Vec<_>>())
}

impl fmt::Display for Problem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Deprecated { key, deprecation: Deprecation::RenamedTo(to) } => {
                write!(f, "the semantic conventions renamed `{key}` to `{to}`")
            }
            Self::Deprecated { key, deprecation: Deprecation::Because(reason) } => {
                let reason = reason.trim_end_matches('.');
                write!(f, "`{key}` is deprecated in the semantic conventions: {reason}")
            }
            Self::Unknown { key, nearest } => write!(
                f,
                "`{key}` is not in the semantic conventions {VERSION}; did you mean `{nearest}`?"
            ),
            Self::NoKey { key } => write!(
                f,
                "`{key}` is not a key, expected words in lower case with dots between them, as in `alert.channel`"
            ),
            Self::NoMember { key, value, nearest } => {
                write!(f, "`{value}` is not a known value of `{key}`; did you mean `{nearest}`?")
            }
            Self::OtherKind { key, expected, found } => {
                write!(f, "`{key}` is {}, found {}", words(expected), words(found))
            }
        }
    }
}

fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::TextOf(_) => "text",
        Kind::Int | Kind::IntOf(_) => "an integer",
        Kind::Double => "a floating-point number",
        Kind::Bool => "a boolean",
        Kind::Any => "anything",
        Kind::Texts => "an array of texts",
        Kind::Ints => "an array of integers",
        Kind::Doubles => "an array of floating-point numbers",
        Kind::Bools => "an array of booleans",
    }
}

/// Whether the text has the form of a key: no empty word between dots, no white space and no capital letter.
pub(crate) fn is_key(text: &str) -> bool {
    text.split('.').all(|word| !word.is_empty())
        && !text.contains(|c: char| c.is_whitespace() || c.is_uppercase())
}
