//! Names that say that the value is a credential, which no span may carry by a slip.

/// A name that ends in one of these is taken at its word.
const WORDS: &[&str] = &[
    "access_key",
    "api_key",
    "apikey",
    "auth",
    "authorization",
    "bearer",
    "connection_string",
    "cookie",
    "credential",
    "credentials",
    "encryption_key",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "pwd",
    "secret",
    "secret_key",
    "signing_key",
    "token",
];

/// What may follow the word without making the value any less secret.
const FORMS: &[&str] = &[
    "_bytes", "_hash", "_raw", "_str", "_string", "_text", "_value",
];

/// Whether `name` says so. `token_count` does not: its last word is what the value is.
pub(crate) fn is_named_by(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = FORMS
        .iter()
        .find_map(|form| name.strip_suffix(form))
        .unwrap_or(&name);
    WORDS.iter().any(|word| {
        name.strip_suffix(word)
            .is_some_and(|before| before.is_empty() || before.ends_with('_'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_decides() {
        for name in [
            "password",
            "api_key",
            "db_password",
            "refresh_token",
            "token_str",
            "_secret",
        ] {
            assert!(is_named_by(name), "{name}");
        }
        for name in [
            "token_count",
            "password_age",
            "secrets",
            "key",
            "secretary",
            "author",
            "tokens",
        ] {
            assert!(!is_named_by(name), "{name}");
        }
    }
}
