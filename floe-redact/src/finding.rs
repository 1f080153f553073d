//! What was found, and why.

use std::fmt;
use std::ops::Range;

use crate::rules::structures::CONFIGURED_KEY;
use crate::score::Score;

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The bytes of the secret.
    pub range: Range<usize>,
    /// The id of the rule that found it, see [`rules`](crate::rules()).
    pub rule: &'static str,
    /// Why it was classified as a secret.
    pub evidence: Evidence,
}

impl Finding {
    /// Whether a configured key or pattern found it.
    pub fn is_configured(&self) -> bool {
        self.rule == CONFIGURED_KEY || self.evidence == Evidence::Pattern
    }
}

/// Why a part of a text was classified as a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence {
    /// What surrounds it, and what it looks like.
    Score(Score),
    /// The structure of the text: a URL, a header, a statement.
    Structure,
    /// It has the format of a known token.
    Format,
    /// It has the format of a known token, with a correct checksum.
    Checksum,
    /// It is a secret elsewhere in the text.
    Repetition,
    /// It matches a configured pattern.
    Pattern,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Score(score) => score.fmt(f),
            Self::Structure => f.write_str("the structure around it"),
            Self::Format => f.write_str("its form"),
            Self::Checksum => f.write_str("its form, and the checksum is right"),
            Self::Repetition => f.write_str("it is a secret elsewhere in the text"),
            Self::Pattern => f.write_str("it matches a configured pattern"),
        }
    }
}
