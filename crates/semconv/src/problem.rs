//! What is wrong with a key or a value, in words.

use std::fmt;

use crate::{Deprecation, Instrument, Kind, VERSION, is_reserved};

/// What is wrong with a key or its value. It is displayed as a sentence without a full stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem<'a> {
    /// The conventions have another key, or none.
    Deprecated {
        /// The key.
        key: &'a str,
        /// Why it is not used any more.
        deprecation: Deprecation,
    },
    /// It is no key of OpenTelemetry's, which has the namespace, or one that is like it.
    Unknown {
        /// The key.
        key: &'a str,
        /// A key that is like it.
        nearest: Option<&'static str>,
    },
    /// It is not written like a key.
    NoKey {
        /// The key.
        key: &'a str,
    },
    /// The conventions list values of the key, and this is none of them, but like one.
    NoMember {
        /// The key.
        key: &'a str,
        /// The value.
        value: &'a str,
        /// The value of the list.
        nearest: &'static str,
    },
    /// The values of the key are of another kind.
    OtherKind {
        /// The key.
        key: &'a str,
        /// The kind of the key's values.
        expected: Kind,
        /// The kind of this value.
        found: Kind,
    },
    /// Spans of this kind with attributes of the namespace have a key that is not there.
    Missing {
        /// The kind of the span.
        kind: &'static str,
        /// The first word of the attributes.
        namespace: &'static str,
        /// The key.
        key: &'static str,
    },
    /// The unit of a metric is another one.
    OtherUnit {
        /// The name of the metric.
        name: &'a str,
        /// Its unit in the conventions.
        expected: &'static str,
        /// Its unit here.
        found: &'a str,
    },
    /// A metric is recorded by another instrument.
    OtherInstrument {
        /// The name of the metric.
        name: &'a str,
        /// Its instrument in the conventions.
        expected: Instrument,
        /// Its instrument here.
        found: Instrument,
    },
}

impl Problem<'_> {
    /// Whether the conventions allow it, so that it need not be a mistake: a value that they do not list, or a key whose
    /// first word is not theirs.
    pub fn is_allowed(&self) -> bool {
        match self {
            Self::NoMember { .. } => true,
            Self::Unknown { key, .. } | Self::Deprecated { key, .. } => !is_reserved(key),
            _ => false,
        }
    }
}

/// The value that is meant, if one is like it: a third of its letters may differ, but no more than two, and not the
/// first, in which few mistakes are and many names differ, such as `trpc` and `grpc`.
pub(crate) fn member(value: &str, members: &[&'static str]) -> Option<&'static str> {
    let value = value.to_ascii_lowercase();
    let near = members.iter().filter_map(|member| {
        let lower = member.to_ascii_lowercase();
        let begins_alike = value.chars().next() == lower.chars().next();
        let distance = distance(&value, &lower, (lower.len() / 3).min(2))?;
        begins_alike.then_some((distance, *member))
    });
    near.min_by_key(|(distance, _)| *distance)
        .map(|(_, member)| member)
}

impl fmt::Display for Problem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Deprecated {
                key,
                deprecation: Deprecation::RenamedTo(to),
            } => write!(f, "the semantic conventions renamed `{key}` to `{to}`"),
            Self::Deprecated {
                key,
                deprecation: Deprecation::Because(reason),
            } => {
                let reason = reason.trim_end_matches('.');
                write!(
                    f,
                    "`{key}` is deprecated in the semantic conventions: {reason}"
                )
            }
            Self::Unknown { key, nearest } => {
                write!(f, "`{key}` is not in the semantic conventions {VERSION}, ")?;
                if let Some(nearest) = nearest {
                    return write!(f, "did you mean `{nearest}`?");
                }
                let (namespace, _) = key.split_once('.').unwrap_or((key, ""));
                write!(
                    f,
                    "which reserve `{namespace}`: begin keys of your own with another word"
                )
            }
            Self::NoKey { key } => write!(
                f,
                "`{key}` is no key, expected words in lower case with dots between them, as in `alert.channel`"
            ),
            Self::NoMember {
                key,
                value,
                nearest,
            } => write!(
                f,
                "`{value}` is not a known value of `{key}`, did you mean `{nearest}`?"
            ),
            Self::OtherKind {
                key,
                expected,
                found,
            } => write!(f, "`{key}` is {}, found {}", words(expected), words(found)),
            Self::Missing {
                kind,
                namespace,
                key,
            } => write!(
                f,
                "a {kind} span with attributes of `{namespace}` has `{key}`, which this one lacks"
            ),
            Self::OtherUnit {
                name,
                expected,
                found,
            } => write!(f, "`{name}` has the unit `{expected}`, found `{found}`"),
            Self::OtherInstrument {
                name,
                expected,
                found,
            } => write!(
                f,
                "`{name}` is recorded by a {expected:?}, found a {found:?}"
            ),
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

/// Whether the text is written like a key: no empty word, no blank, no capital letter.
pub(crate) fn is_key(text: &str) -> bool {
    text.split('.').all(|word| !word.is_empty())
        && !text.contains(|c: char| c.is_whitespace() || c.is_uppercase())
}

/// The number of edits between two texts, if there are at most `most`. Two swapped characters are one edit.
pub(crate) fn distance(from: &str, to: &str, most: usize) -> Option<usize> {
    // An edit changes at most two of the characters that a text has.
    let others = (characters(from) ^ characters(to)).count_ones() as usize;
    if from.len().abs_diff(to.len()) > most || others > most.saturating_mul(2) {
        return None;
    }
    let (from, to) = (from.as_bytes(), to.as_bytes());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let changed = usize::from(from[i - 1] != to[j - 1]);
            let mut best = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + changed);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        if row.iter().all(|edits| *edits > most) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|edits| *edits <= most)
}

/// The characters that a text has, a bit for each.
fn characters(text: &str) -> u64 {
    text.bytes().fold(0, |all, byte| all | 1 << (byte & 63))
}
