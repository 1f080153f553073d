//! The signs that a text has anywhere: most grammars need one that most texts have not.

/// A set of signs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signs(u32);

/// Those that a grammar may ask for.
const KNOWN: &[u8] = b"\"'`\\&%<>([].";

/// The bytes that are no ASCII are one sign.
const NOT_ASCII: u32 = 1 << 31;

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
        table[byte] = NOT_ASCII;
        byte += 1;
    }
    table
};

pub(super) const ANGLE: Signs = Signs::of(b"<>");
pub(super) const DOT: Signs = Signs::of(b".");
pub(super) const OPEN_ROUND: Signs = Signs::of(b"(");
pub(super) const OPEN_SQUARE: Signs = Signs::of(b"[");
pub(super) const CLOSE_SQUARE: Signs = Signs::of(b"]");
/// What a quote may open with, as [`quote::open`](super::quote::open) knows it.
pub(super) const QUOTES: Signs = Signs(Signs::of(b"\"'`\\&%").0 | NOT_ASCII);

impl Signs {
    /// These.
    const fn of(signs: &[u8]) -> Self {
        let mut set = 0;
        let mut index = 0;
        while index < signs.len() {
            let sign = OF_BYTE[signs[index] as usize];
            assert!(sign != 0, "it is not among those that are known");
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

#[cfg(test)]
mod tests {
    use super::super::quote::{MARKS, may_be_mark};
    use super::*;

    #[test]
    fn the_signs_of_quotes_are_those_that_one_opens_with() {
        for byte in 0..=u8::MAX {
            let is_sign = Signs::in_text(&[byte]).has_any(QUOTES);
            assert!(is_sign || !may_be_mark(byte), "{byte}");
        }
        for (open, close) in MARKS {
            assert!(may_be_mark(open.as_bytes()[0]) && may_be_mark(close.as_bytes()[0]));
        }
    }
}
