//! The type of the rows of `rules/tokens.rs`: the format of a vendor's token.

use super::class::{Class, class};

/// A documented format of a token.
///
/// A token begins with its prefix at the start of a word, unless the prefix is in its middle. The body and the length
/// apply to the text after the prefix. Formats change, so after most prefixes, a body with another length or alphabet is
/// found, too, if it looks random and has at least 16 bytes, or 24 after a prefix of two or three bytes.
pub(crate) struct TokenFormat {
    /// The id of the rule, which findings report, in kebab case: `vendor-kind-of-token`.
    pub id: &'static str,
    /// The text at the start of each token, or in its middle. Case is significant. It has at least two bytes; with two,
    /// `length` is exact or the body has parts.
    pub prefix: &'static str,
    pub body: Body,
    /// The length of the run after the prefix, in bytes. Parts have lengths of their own.
    pub length: Length,
}

/// The text after the prefix of a token.
#[derive(Clone, Copy)]
pub(crate) enum Body {
    /// A run of an alphabet.
    Run(&'static Class),
    /// Several parts, one after the other.
    Parts(&'static [Part]),
    /// A run, then the prefix, which is in the middle of the token, and then several parts.
    Around(&'static Run, &'static [Part]),
}

/// One part of a token that has several parts.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    /// A fixed text.
    Text(&'static str),
    /// The longest run of an alphabet.
    Run(Run),
}

/// An alphabet, and the length of the run.
pub(crate) type Run = (&'static Class, Length);

macro_rules! alphabets {
    ($($name:ident $class:literal)*) => {
        $(pub(crate) const $name: &Class = class!($class);)*
    };
}

alphabets! {
    DIGITS "0-9"
    HEX "0-9a-fA-F"
    LOWER_HEX "0-9a-f"
    UPPER_HEX "0-9A-F"
    LOWER "a-z"
    LETTERS "a-zA-Z"
    LOWER_DIGITS "a-z0-9"
    UPPER_DIGITS "A-Z0-9"
    ALPHANUMERIC "a-zA-Z0-9"
    WORD "a-zA-Z0-9_"
    DASHED "a-zA-Z0-9-"
    DOTTED "a-zA-Z0-9_.-"
    DOTTED_PADDED "a-zA-Z0-9_.=-"
    TILDES "a-zA-Z0-9_~."
    UNRESERVED "a-zA-Z0-9_~.-"
    PERCENT "a-zA-Z0-9%"
    PLUS "a-zA-Z0-9_+-"
    BASE64 "a-zA-Z0-9+/="
    BASE64_UNPADDED "a-zA-Z0-9+/"
    BASE64_URL "a-zA-Z0-9_-"
    BASE64_URL_PADDED "a-zA-Z0-9_=-"
    BASE64_OF_BOTH "a-zA-Z0-9+/_=-"
    CRYPT "a-zA-Z0-9./$=,+"
    URI "a-zA-Z0-9-._~%+=:/$"
}

/// A number of bytes. The type is small, because every program contains all rows.
#[derive(Clone, Copy)]
pub(crate) enum Length {
    Exactly(u16),
    /// At least the first number, and at most the second one.
    Between(u16, u16),
    AtLeast(u16),
}

/// The fields of a row without the id and the prefix.
pub(crate) type Shape = (Body, Length);

impl Length {
    pub(crate) const fn min(self) -> usize {
        match self {
            Self::Exactly(min) | Self::Between(min, _) | Self::AtLeast(min) => min as usize,
        }
    }

    pub(crate) fn max(self) -> usize {
        match self {
            Self::Exactly(max) | Self::Between(_, max) => usize::from(max),
            Self::AtLeast(_) => usize::MAX,
        }
    }
}
