//! The formats of hashed passwords.

use crate::rules::Examples;
use crate::rules::format::{Alphabet, Length, TokenFormat};

/// The alphabet of the text after a hash's prefix: the cost, the salt and the sum.
const BODY: Alphabet = Alphabet::And("./$=,+");

macro_rules! hashes {
    ($($prefix:literal $secret:literal)*) => {
        pub(crate) static HASHES: &[TokenFormat] = &[$(TokenFormat {
            id: "password-hash",
            prefix: $prefix,
            alphabet: BODY,
            length: Length::AtLeast(20),
            checksum: None,
        }),*];

        pub(crate) static EXAMPLES: &[Examples] = &[$(Examples {
            secret: &[$secret],
            benign: &["$2b$ is a prefix", "$1$2$3"],
        }),*];
    };
}

hashes! {
    "$2a$" "hash $2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
    "$2b$" "hash $2b$12$KIXQ0yZ5C0cWw5y9vD4mUu6b3Z1fYkq0o8p9s7d6f5g4h3j2k1l0a"
    "$2y$" "hash $2y$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6.FuA2.mHZFpe"
    "$1$" "root:$1$Qe7XoZ2f$b8TfW1mYp0RkLs6HdVn3u/:0:0"
    "$5$" "hash $5$rounds=5000$k2Vt9QxLmZ0aYw$Jq4Nf8sHc1RgTzXb6UdPe3WyKv7Lo2Mi9AaCn5ErS0"
    "$6$" "bob:$6$Zr8uTq1LxVn4$hW3dKf9QpY0sJm6RbXe2CtGz7NvAa5LoUi1Hk8EwPy4TnZc3SxDg6BrMj0FqVlO9YuI2eKt5WsHp7XaRd1Nb/.:19000:0:99999:7:::"
    "$y$" "$y$j9T$Wq7XoZ2fTkLs6HdVn3uR1.$b8TfW1mYp0RkLs6HdVn3uQe7XoZ2fTkLs6HdVn3u4C"
    "$apr1$" "bob:$apr1$x1y2$NX41MNWNVGH5EOjme4K0Lf"
    "{SSHA}" "userPassword: {SSHA}clUwSFZqVmR6VU1jd3lSNnN2YTlTY0YyTHdnd21v"
    "$argon2id$" "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub"
}
