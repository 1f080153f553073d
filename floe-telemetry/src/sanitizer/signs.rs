//! The signs that a text has anywhere: most grammars need one that most texts have not.

use memchr::memchr_iter;

use super::{Scan, text};

/// A set of signs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signs(u32);

/// Those that a grammar may ask for.
const KNOWN: &[u8] = b"\"'`\\&%<>()[]{}=:|;,.\n";

/// What is no ASCII is one sign.
const WIDE: u32 = 1 << 31;

/// The set of each byte.
const OF_BYTE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < KNOWN.len() {
        table[KNOWN[index] as usize] = 1 << index;
        index += 1;
    }
    let mut byte = 0x80;
    while byte < 256 {
        table[byte] = WIDE;
        byte += 1;
    }
    table
};

/// What our mark has.
pub(super) const MARK: Signs = Signs::of("<>");

/// What a quote may open with.
pub(super) const QUOTES: Signs = Signs::of("\"'`\\&%é");

/// What may stand between a key and its value.
pub(super) const SEPARATORS: Signs = Signs::of("=:|;,.<>%\\é");

impl Signs {
    /// These; a letter that is no ASCII stands for all.
    pub(super) const fn of(signs: &str) -> Self {
        let signs = signs.as_bytes();
        let mut set = 0;
        let mut index = 0;
        while index < signs.len() {
            let sign = OF_BYTE[signs[index] as usize];
            assert!(sign != 0, "no grammar asks for it yet");
            set |= sign;
            index += 1;
        }
        Self(set)
    }

    /// Those of a text.
    pub(super) fn in_text(text: &[u8]) -> Self {
        let sets = text.iter().map(|byte| OF_BYTE[usize::from(*byte)]);
        Self(sets.fold(0, |all, set| all | set))
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether one of the others is among these.
    pub(super) const fn has_any(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
}

impl Scan<'_> {
    /// Whether the text has one of these signs anywhere.
    #[inline]
    pub(super) fn has(&mut self, signs: Signs) -> bool {
        let text = self.text;
        self.known
            .signs
            .get_or_insert_with(|| Signs::in_text(text))
            .has_any(signs)
    }

    /// Whether something of the text was redacted before.
    pub(super) fn has_marks(&mut self) -> bool {
        let text = self.text;
        let mut signs = memchr_iter(b'<', text);
        *self
            .known
            .is_marked
            .get_or_insert_with(|| signs.any(|at| text::is_redacted(text, at)))
    }
}
