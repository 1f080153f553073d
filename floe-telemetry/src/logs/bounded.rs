//! A writer that appends a limited number of bytes to a buffer.

use std::fmt::{self, Write};

use crate::char_boundary;

/// Appends text up to a limit. A write beyond it is truncated and returns an error, which makes
/// formatting stop.
#[derive(Debug)]
pub(super) struct Bounded<'a> {
    texts: &'a mut String,
    end: usize,
    is_cut: bool,
}

impl<'a> Bounded<'a> {
    /// Accepts up to `limit` bytes.
    pub(super) fn new(texts: &'a mut String, limit: usize) -> Self {
        Self {
            end: texts.len() + limit,
            texts,
            is_cut: false,
        }
    }

    /// Whether text was truncated.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }
}

impl Write for Bounded<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.end - self.texts.len();
        if text.len() <= room {
            self.texts.push_str(text);
            return Ok(());
        }
        let (head, _) = text.split_at(char_boundary::floor(text, room));
        self.texts.push_str(head);
        self.is_cut = true;
        Err(fmt::Error)
    }
}
