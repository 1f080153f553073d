//! A text of limited length in pieces, which are sent and released one after the other. Unlike a `String`, it is
//! never copied while it grows.

use std::collections::VecDeque;
use std::fmt;

use bytes::Bytes;

/// The bytes at which a piece is complete.
const PIECE: usize = 64 * 1024;

/// The pieces that are not taken yet.
#[derive(Debug, Default)]
pub(crate) struct Text {
    pieces: VecDeque<Bytes>,
    bytes: usize,
}

impl Text {
    pub(crate) const fn len(&self) -> usize {
        self.bytes
    }

    /// Takes the first piece.
    pub(crate) fn pop(&mut self) -> Option<Bytes> {
        let piece = self.pieces.pop_front()?;
        self.bytes -= piece.len();
        Some(piece)
    }

    fn push(&mut self, piece: impl Into<Bytes>) {
        let piece = piece.into();
        if !piece.is_empty() {
            self.bytes += piece.len();
            self.pieces.push_back(piece);
        }
    }
}

impl From<&'static str> for Text {
    fn from(text: &'static str) -> Self {
        let mut one = Self::default();
        one.push(text);
        one
    }
}

/// Writes a text. It fails at the limit.
#[derive(Debug)]
pub(crate) struct TextWriter {
    text: Text,
    open: Vec<u8>,
    max: usize,
}

impl TextWriter {
    pub(crate) fn new(max: usize) -> Self {
        Self { text: Text::default(), open: Vec::new(), max }
    }

    pub(crate) fn finish(mut self) -> Text {
        self.text.push(self.open);
        self.text
    }
}

impl fmt::Write for TextWriter {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.text.bytes + self.open.len() + text.len() > self.max {
            return Err(fmt::Error);
        }
        if self.open.len() + text.len() > PIECE {
            self.text.push(std::mem::take(&mut self.open));
        }
        self.open.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn a_text_is_complete_or_too_large() {
        let mut writer = TextWriter::new(200_000);
        let mut expected = String::new();
        for number in 0..20 {
            let line = format!("{number:09999}\n");
            expected += &line;
            writer.write_str(&line).unwrap();
        }
        assert!(writer.write_str("x").is_err());
        let mut text = writer.finish();
        assert_eq!(text.len(), 200_000);
        let mut pieces = Vec::new();
        while let Some(piece) = text.pop() {
            assert!(piece.len() <= PIECE);
            pieces.extend_from_slice(&piece);
        }
        assert_eq!(String::from_utf8(pieces).unwrap(), expected);
        assert_eq!(text.len(), 0);
    }
}
