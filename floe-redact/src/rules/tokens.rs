//! The formats of vendors' tokens.

use crate::format::{Alphabet, Checksum, Length, TokenFormat};

/// One row for each documented format. The order is of no consequence: of rows that match at one
/// place, the one with the longest prefix is reported.
pub(crate) const TOKENS: &[TokenFormat] = &[TokenFormat {
    id: "github-personal-access-token",
    prefix: "ghp_",
    alphabet: Alphabet::Alphanumeric,
    length: Length::Exactly(36),
    checksum: Some(Checksum::Crc32Base62 {
        digits: 6,
        prefix: false,
    }),
    secret: &["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"],
    benign: &["ghp_token", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],
}];
