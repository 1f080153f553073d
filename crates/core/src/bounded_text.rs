//! Formats values of the program, up to the maximum length of a recorded error text.

use std::fmt::{self, Write as _};

use crate::char_boundary::{self, CUT};

pub(crate) const MAX_TEXT: usize = 16 * 1024;

/// The maximum number of bytes that are removed from the end of a cut text: its last word, because redaction might not
/// recognize a part of a secret.
const MAX_WORD: usize = 4 * 1024;

pub(crate) fn bounded(value: &dyn fmt::Display) -> String {
    let mut text = String::new();
    append(&mut text, value);
    text
}

pub(crate) fn append(text: &mut String, value: &dyn fmt::Display) {
    let start = text.len();
    let mut bounded = Bounded::new(text, MAX_TEXT);
    let _ = write!(bounded, "{value}");
    if bounded.is_cut() {
        let from = char_boundary::floor(text, text.len().saturating_sub(MAX_WORD)).max(start);
        let last_word = text[from..].rfind(char::is_whitespace).unwrap_or_default();
        text.truncate(from + last_word);
        text.push_str(CUT);
    }
}

/// Appends text up to a limit. A write beyond the limit is cut and fails, which ends the formatting.
#[derive(Debug)]
pub struct Bounded<'a> {
    text: &'a mut String,
    room: usize,
    is_cut: bool,
}

impl<'a> Bounded<'a> {
    /// Creates a writer that appends at most `room` bytes to `text`.
    pub const fn new(text: &'a mut String, room: usize) -> Self {
        Self { text, room, is_cut: false }
    }

    /// Whether a text was cut.
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }
}

impl fmt::Write for Bounded<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let end = char_boundary::floor(part, self.room);
        self.text.push_str(&part[..end]);
        self.room -= end;
        if end == part.len() {
            return Ok(());
        }

        self.is_cut = true;
        Err(fmt::Error)
    }
}
