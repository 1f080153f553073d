//! What a vendor's token looks like: a row of `rules/tokens.rs`.

/// A documented format of a token.
///
/// A token is found where its prefix begins a word (the byte before is no letter or digit), what
/// follows has the given alphabet and length, and the byte after is no member of the alphabet. A run
/// that is longer than the format allows is another thing, and stays.
#[derive(Debug)]
pub(crate) struct TokenFormat {
    /// The id of the rule, which findings report: `vendor-kind-of-token`, in kebab case.
    pub id: &'static str,
    /// What each token begins with, in its case. At least two bytes.
    pub prefix: &'static str,
    /// Of what follows the prefix.
    pub alphabet: Alphabet,
    /// Of what follows the prefix, in bytes.
    pub length: Length,
    /// Where the format has one. A checksum that is right makes the finding certain; with one that is
    /// wrong the token is still taken if it looks random, because a mistyped token is a secret, too.
    pub checksum: Option<Checksum>,
    /// Examples that are found, made up for this table.
    pub secret: &'static [&'static str],
    /// Examples that stay: too short, a placeholder, a name with the same beginning.
    pub benign: &'static [&'static str],
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
    /// `a-z A-Z 0-9` and the bytes of the text
    And(&'static str),
    /// An inner structure, each part in its turn. `length` is then of all of them.
    Parts(&'static [Part]),
}

/// One part of a token with an inner structure.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    /// This text.
    Text(&'static str),
    /// So many bytes of an alphabet, as many as there are.
    Run(Alphabet, Length),
}

/// How many bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Length {
    /// So many.
    Exactly(usize),
    /// No fewer than the first and no more than the second.
    Between(usize, usize),
    /// So many or more.
    AtLeast(usize),
}

/// A checksum at the end of a token.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Checksum {
    /// CRC-32 (IEEE) of what stands before it, as `digits` digits of `0-9 A-Z a-z`, padded with zeros.
    Crc32Base62 {
        /// How many digits.
        digits: usize,
        /// Whether the checksum is of the prefix, too.
        prefix: bool,
    },
    /// The same, as digits of `0-9 a-z`.
    Crc32Base36 {
        /// How many digits.
        digits: usize,
        /// Whether the checksum is of the prefix, too.
        prefix: bool,
    },
}
