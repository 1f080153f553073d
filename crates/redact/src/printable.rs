//! Makes foreign text safe to show in errors, in lines of a log and on a terminal.

use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};

/// Whether a character controls a terminal, ends a line, or changes the direction of text.
#[must_use]
pub fn is_unprintable(c: char) -> bool {
    c.is_control() && c != '\t'
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Returns a text on one line. Characters that control a terminal, end a line or change the direction of text are
/// escaped as in a Rust literal; tabs stay.
///
/// ```
/// # use floe_redact::printable;
/// assert_eq!(printable("no such table\n\u{1b}[2J"), r"no such table\n\u{1b}[2J");
/// ```
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.contains(is_unprintable) {
        Cow::Owned(Printable(text).to_string())
    } else {
        Cow::Borrowed(text)
    }
}

/// A text that is displayed like the result of [`printable`].
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the structure only wraps a text")]
pub struct Printable<'a>(pub &'a str);

impl Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.split_inclusive(is_unprintable) {
            match part.char_indices().next_back() {
                Some((end, last)) if is_unprintable(last) => {
                    f.write_str(part.get(..end).unwrap_or_default())?;
                    for escaped in last.escape_default() {
                        f.write_char(escaped)?;
                    }
                }
                _ => f.write_str(part)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_control_a_terminal_are_escaped() {
        for (text, shown) in [
            ("\u{1b}]0;x\u{7}", r"\u{1b}]0;x\u{7}"),
            ("a\r\nb\0", r"a\r\nb\u{0}"),
            ("\u{7f}\u{9b}31m", r"\u{7f}\u{9b}31m"),
            ("\u{202e}txt\u{2066}\u{200f}", r"\u{202e}txt\u{2066}\u{200f}"),
            ("a\u{2028}b\u{2029}", r"a\u{2028}b\u{2029}"),
        ] {
            assert_eq!(printable(text), shown);
            assert!(matches!(printable(shown), Cow::Borrowed(same) if same == shown));
        }
        for clean in ["", "früh\t😀 שלום", "👩‍💻"] {
            assert!(matches!(printable(clean), Cow::Borrowed(same) if same == clean));
        }
    }
}
