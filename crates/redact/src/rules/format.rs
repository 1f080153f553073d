//! The type of the rows of `rules/tokens.rs`: the format of a vendor's token.

use super::class::class;

/// A documented format of a token.
///
/// A token begins with its prefix at the start of a word, unless the prefix is in its middle. The alphabet and the
/// length apply to the text after the prefix. Formats change, so after most prefixes, a body with another length or
/// alphabet is found, too, if it looks random and has at least 16 bytes, or 24 after a prefix of two or three bytes.
#[derive(Debug)]
pub(crate) struct TokenFormat {
    /// The id of the rule, which findings report, in kebab case: `vendor-kind-of-token`.
    pub id: &'static str,
    /// The text at the start of each token, or in its middle. Case is significant. It has at least two bytes; with two,
    /// `length` is exact or the alphabet has parts.
    pub prefix: &'static str,
    /// The alphabet of the text after the prefix.
    pub alphabet: Alphabet,
    /// The length of the text after the prefix, in bytes.
    pub length: Length,
}

/// The bytes that a token consists of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Alphabet {
    /// `0-9 a-f A-F`
    Hex,
    /// `0-9 a-f`
    LowerHex,
    /// `0-9 A-F`
    UpperHex,
    /// `0-9`
    Digits,
    /// `a-z`
    Lower,
    /// `a-z A-Z`
    Letters,
    /// `a-z 0-9`
    LowerDigits,
    /// `A-Z 0-9`
    UpperDigits,
    /// `a-z A-Z 0-9`
    Alphanumeric,
    /// `a-z A-Z 0-9 _`
    Word,
    /// `a-z A-Z 0-9 -`
    Dashed,
    /// `a-z A-Z 0-9 + / =`
    Base64,
    /// `a-z A-Z 0-9 - _`
    Base64Url,
    /// `a-z A-Z 0-9 - _ .`
    Dotted,
    /// `a-z A-Z 0-9` and the bytes of this text
    And(&'static str),
    /// Several parts, one after the other.
    Parts(&'static [Part]),
    /// A run, then the prefix, which is in the middle of the token, and then several parts.
    Around(&'static Shape, &'static [Part]),
}

/// One part of a token that has several parts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    /// A fixed text.
    Text(&'static str),
    /// The longest run of an alphabet.
    Run(Alphabet, Length),
}

/// A number of bytes. The type is small, because every program contains all rows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Length {
    Exactly(u16),
    /// At least the first number, and at most the second one.
    Between(u16, u16),
    AtLeast(u16),
}

/// The fields of a row without the id and the prefix.
pub(crate) type Shape = (Alphabet, Length);

/// Returns the shape of a token with a prefix and several parts, which determine the length.
pub(crate) const fn of_parts(parts: &'static [Part]) -> Shape {
    (Alphabet::Parts(parts), Length::of(parts))
}

/// Returns the shape of a token with the prefix in its middle.
pub(crate) const fn around(before: &'static Shape, parts: &'static [Part]) -> Shape {
    (Alphabet::Around(before, parts), Length::of(parts))
}

impl Length {
    #[expect(clippy::cast_possible_truncation, reason = "a format is shorter than 64 KiB")]
    const fn of(parts: &[Part]) -> Self {
        let mut min = 0;
        let mut max = Some(0);
        let mut next = 0;
        while next < parts.len() {
            let part = match parts[next] {
                Part::Text(text) => Self::Exactly(text.len() as u16),
                Part::Run(_, length) => length,
            };
            min += part.min() as u16;
            max = match (max, part) {
                (Some(max), Self::Exactly(more) | Self::Between(_, more)) => Some(max + more),
                _ => None,
            };
            next += 1;
        }
        match max {
            Some(max) if max == min => Self::Exactly(max),
            Some(max) => Self::Between(min, max),
            None => Self::AtLeast(min),
        }
    }

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

impl Alphabet {
    /// Returns the condition of the bytes of a run.
    pub(crate) fn inside(self) -> impl Fn(u8) -> bool {
        let class = match self {
            Self::Hex => class!("0-9a-fA-F"),
            Self::LowerHex => class!("0-9a-f"),
            Self::UpperHex => class!("0-9A-F"),
            Self::Digits => class!("0-9"),
            Self::Lower => class!("a-z"),
            Self::Letters => class!("a-zA-Z"),
            Self::LowerDigits => class!("a-z0-9"),
            Self::UpperDigits => class!("A-Z0-9"),
            Self::Alphanumeric | Self::And(_) => class!("a-zA-Z0-9"),
            Self::Word => class!("a-zA-Z0-9_"),
            Self::Dashed => class!("a-zA-Z0-9-"),
            Self::Base64 => class!("a-zA-Z0-9+/="),
            Self::Base64Url => class!("a-zA-Z0-9_-"),
            Self::Dotted => class!("a-zA-Z0-9_.-"),
            Self::Parts(_) | Self::Around(..) => class!(""),
        };
        let more = if let Self::And(more) = self { more } else { "" };
        move |byte| class.has(byte) || more.as_bytes().contains(&byte)
    }
}
