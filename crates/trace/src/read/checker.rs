//! A reader that compares with the semantic conventions and keeps nothing.

use std::io::Read;

use super::{Reader, Unreadable};
use crate::conventions::Conventions;
use crate::span::Note;

/// Compares spans, log records and metrics with OpenTelemetry's semantic conventions. Metrics are compared if they are
/// JSON.
#[derive(Debug)]
pub struct Checker {
    reader: Reader,
}

impl Default for Checker {
    fn default() -> Self {
        Self::new()
    }
}

impl Checker {
    /// Creates a checker.
    #[must_use]
    pub fn new() -> Self {
        let mut reader = Reader::new();
        reader.conventions = Some(Conventions::default());
        Self { reader }
    }

    /// Reads a file as [`Reader::read`] does.
    ///
    /// # Errors
    /// The file cannot be read, or nothing in it is OTLP.
    pub fn read(&mut self, name: &str, input: impl Read) -> Result<(), Unreadable> {
        self.reader.read(name, input)
    }

    /// Returns what cannot be read.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.reader.recording.notes
    }

    /// Returns how what has been read differs from the conventions: a note for each difference, with the place where it
    /// was found first.
    #[must_use]
    pub fn differences(&self) -> Vec<Note> {
        let conventions = self.reader.conventions.as_ref();
        conventions.map_or_else(Vec::new, |it| it.differences(&self.reader.texts))
    }
}
