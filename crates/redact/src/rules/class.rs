//! Classes of bytes.

use std::ops::RangeBounds;

/// A class of bytes, which [`class!`] creates.
pub(crate) struct Class([bool; 256]);

/// Creates a class of bytes at compile time: `class!("a-z_")`, or `class!("a-z", or_wide)` with other scripts.
macro_rules! class {
    ($pattern:literal $(, $more:ident)?) => {
        const { &crate::rules::class::Class::of($pattern)$(.$more())? }
    };
}
pub(crate) use class;

impl Class {
    /// Creates the class of the bytes and ranges (`a-z`) of a pattern. A pattern after `^` lists the visible bytes
    /// that the class lacks.
    pub(crate) const fn of(pattern: &str) -> Self {
        let pattern = pattern.as_bytes();
        let lacks = matches!(pattern, [b'^', ..]);
        let mut class = Self([false; 256]);
        if lacks {
            class.fill(b'!', 0xff, true);
        }
        let mut at = lacks as usize;
        while at < pattern.len() {
            let is_range = at + 2 < pattern.len() && pattern[at + 1] == b'-';
            let last = if is_range { at + 2 } else { at };
            class.fill(pattern[at], pattern[last], !lacks);
            at = last + 1;
        }
        class
    }

    /// Returns the class with the bytes of characters outside of ASCII.
    pub(crate) const fn or_wide(mut self) -> Self {
        self.fill(0x80, 0xff, true);
        self
    }

    const fn fill(&mut self, first: u8, last: u8, is_in: bool) {
        let mut byte = first as usize;
        while byte <= last as usize {
            self.0[byte] = is_in;
            byte += 1;
        }
    }

    #[inline]
    pub(crate) fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }

    pub(crate) fn all(&self, bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| self.has(*byte))
    }

    /// Whether there are bytes, all of this class.
    pub(crate) fn only(&self, bytes: &[u8]) -> bool {
        self.all(bytes) && !bytes.is_empty()
    }

    /// Whether all bytes are of this class, and their number is in a range.
    pub(crate) fn fits(&self, bytes: &[u8], numbers: impl RangeBounds<usize>) -> bool {
        numbers.contains(&bytes.len()) && self.all(bytes)
    }

    pub(crate) fn any(&self, bytes: &[u8]) -> bool {
        bytes.iter().any(|byte| self.has(*byte))
    }
}
