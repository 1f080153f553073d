//! A mistake in a document.

use std::fmt;

/// A position in a document. Lines and columns are counted from 1.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl From<Position> for (usize, usize) {
    fn from(at: Position) -> Self {
        (at.line, at.column)
    }
}

/// A mistake in a document. Its text is not redacted: it may quote a key, a word or a number of the document.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Mistake {
    /// The place.
    pub position: Position,
    /// The keys from the root to the value, separated by dots. Empty for the document itself.
    pub path: String,
    /// The found and the accepted values.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position;
        write!(f, "line {line}, column {column}: ")?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}
