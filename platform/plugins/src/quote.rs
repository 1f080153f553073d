//! Text of other programs that errors quote.

use std::cmp::Reverse;

use floe_telemetry::printable;

/// Returns the text on one line, with single spaces.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the lines of a text, without characters that would control a terminal.
pub fn printable_lines(text: &str) -> String {
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

/// Returns the text with these credentials replaced by `<REDACTED>`.
pub fn without_credentials<'a>(
    text: &str,
    credentials: impl IntoIterator<Item = &'a str>,
) -> String {
    let mut credentials: Vec<&str> = credentials.into_iter().collect();
    // The longest credential is replaced first, because a URL contains its path. An empty one would match everywhere.
    credentials.retain(|credential| !credential.is_empty());
    credentials.sort_unstable_by_key(|credential| Reverse(credential.len()));
    credentials
        .into_iter()
        .fold(text.to_owned(), |text, credential| text.replace(credential, "<REDACTED>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_that_contains_another_one_is_removed_first() {
        let credentials = ["", "zero", "zero-one"];
        assert_eq!(
            without_credentials("zero-one, zero, one", credentials),
            "<REDACTED>, <REDACTED>, one"
        );
    }
}
