//! The formats of hashed passwords.

use crate::rules::format::{Alphabet, Length, TokenFormat};

/// The alphabet of the text after a hash's prefix: the cost, the salt and the sum.
const BODY: Alphabet = Alphabet::And("./$=,+");

macro_rules! hashes {
    ($($prefix:literal)*) => {
        pub(crate) static HASHES: &[TokenFormat] = &[$(TokenFormat {
            id: "password-hash",
            prefix: $prefix,
            alphabet: BODY,
            length: Length::AtLeast(20),
        }),*];
    };
}

hashes! {
    "$2a$"
    "$2b$"
    "$2y$"
    "$1$"
    "$5$"
    "$6$"
    "$8$"
    "$9$"
    "$y$"
    "$apr1$"
    "{SSHA}"
    "$argon2id$"
}
