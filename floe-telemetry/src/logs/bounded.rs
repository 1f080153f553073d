//! A writer that appends a limited number of bytes to a buffer.

use std::fmt::{self, Write};

use crate::char_boundary;

/// Appends text up to a limit. A write beyond it is truncated and returns an error, which makes
/// formatting stop.
#[derive(Debug)]
pub(super) struct Bounded<'a> {
    texts: &'a mut String,
    end: usize,
    is_truncated: bool,
}

impl<'a> Bounded<'a> {
    /// Accepts up to `limit` bytes.
    pub(super) fn new(texts: &'a mut String, limit: usize) -> Self {
        Self {
            end: texts.len() + limit,
            texts,
            is_truncated: false,
        }
    }

    /// Whether text was truncated.
    pub(super) fn is_truncated(&self) -> bool {
        self.is_truncated
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
        self.is_truncated = true;
        Err(fmt::Error)
    }
}
