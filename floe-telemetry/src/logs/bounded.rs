//! A buffer that does not grow for ever, whatever writes into it.

use std::fmt::{self, Write};

use crate::char_boundary;

/// A text that takes so much and no more: whoever writes it is told to stop.
#[derive(Debug)]
pub(super) struct Bounded<'a> {
    texts: &'a mut String,
    end: usize,
    is_cut: bool,
}

impl<'a> Bounded<'a> {
    /// Takes so many more bytes.
    pub(super) fn new(texts: &'a mut String, room: usize) -> Self {
        Self {
            end: texts.len() + room,
            texts,
            is_cut: false,
        }
    }

    /// Whether something did not fit.
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
