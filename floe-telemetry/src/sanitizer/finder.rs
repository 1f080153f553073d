//! Finds the places worth a closer look, in one pass and without understanding them.
//!
//! Every grammar of the sanitizer has an anchor of three characters: `pas` of a password key, `://`
//! of a URL, three digits of a card number. A byte has one of 32 classes (the case of a letter and
//! the value of a digit do not matter), so three of them index a table of 32,768 flags. The lookups
//! of neighbouring positions do not depend on each other, which makes this faster than an automaton
//! with a state, and a text without anchors is left alone after this pass.

use super::Policy;
use super::anchors::{BUILT_IN, CLASSES, TABLE, index};
use super::text::before;

/// How many bytes are looked at together.
const PIECE: usize = 8;

/// The anchors of a policy, looked up once per text.
pub(super) struct Finder<'p> {
    table: &'p [u8; TABLE],
    /// Where the last piece with an anchor begins, and the kinds of all its bytes: what it has behind
    /// the anchor that was asked for is known, too.
    piece: usize,
    kinds: u64,
}

impl<'p> Finder<'p> {
    pub(super) fn new(policy: &'p Policy) -> Self {
        Self {
            table: table(policy),
            piece: usize::MAX,
            kinds: 0,
        }
    }

    /// The first anchor that ends at or after `from`: the place of its last byte and its kinds.
    #[inline]
    pub(super) fn next(&mut self, text: &[u8], from: usize) -> Option<(usize, u8)> {
        match from.checked_sub(self.piece) {
            Some(offset @ ..PIECE) => first(from, self.kinds >> (offset * 8))
                .or_else(|| self.search(text, self.piece + PIECE)),
            _ => self.search(text, from),
        }
    }

    fn search(&mut self, text: &[u8], from: usize) -> Option<(usize, u8)> {
        let (pieces, tail) = text.get(from..)?.as_chunks::<PIECE>();
        let mut window = index(&[before(text, from.saturating_sub(1)), before(text, from)]) as u64;
        let mut start = from;
        for piece in pieces {
            let kinds = kinds_among(self.table, &mut window, piece);
            if kinds != 0 {
                (self.piece, self.kinds) = (start, kinds);
                return first(start, kinds);
            }
            start += PIECE;
        }
        self.piece = start;
        self.kinds = kinds_among(self.table, &mut window, tail);
        first(self.piece, self.kinds)
    }
}

/// The first of the kinds of the bytes from `start` on that is one.
#[inline]
fn first(start: usize, kinds: u64) -> Option<(usize, u8)> {
    let before = kinds.trailing_zeros() / 8;
    let [kind, ..] = kinds.checked_shr(before * 8)?.to_le_bytes();
    Some((start + before as usize, kind))
}

/// The kinds of each byte of a piece, the first one lowest; `window` has the classes before it, and then
/// its own. Most pieces have no anchor, so one branch is enough for all of a piece.
#[inline]
fn kinds_among(table: &[u8; TABLE], window: &mut u64, piece: &[u8]) -> u64 {
    let behind = |place: usize| (piece.len() - 1 - place) * 5;
    let mut classes = (*window & 0x3ff) << (piece.len() * 5);
    for (place, &byte) in piece.iter().enumerate() {
        classes |= u64::from(CLASSES[usize::from(byte)]) << behind(place);
    }
    let mut kinds = 0;
    for place in 0..piece.len() {
        let three = classes >> behind(place) & (TABLE as u64 - 1);
        let kind = table[usize::try_from(three).unwrap_or(0)];
        kinds |= u64::from(kind) << (place * 8);
    }
    *window = classes;
    kinds
}

/// Whether the text has no anchor: what [`Finder::next`] would say from its start.
#[inline]
pub(super) fn has_none(policy: &Policy, text: &[u8]) -> bool {
    let table = table(policy);
    let (pieces, tail) = text.as_chunks::<PIECE>();
    let (mut kinds, mut window) = (0, 0);
    for piece in pieces {
        kinds |= kinds_among(table, &mut window, piece);
    }
    kinds | kinds_among(table, &mut window, tail) == 0
}

#[inline]
fn table(policy: &Policy) -> &[u8; TABLE] {
    &policy.anchors.as_ref().unwrap_or_else(|| &BUILT_IN).0
}

#[cfg(test)]
mod tests {
    use super::super::policy::DEFAULT;
    use super::super::tests::numbers;
    use super::*;

    /// The first anchor, found byte by byte.
    fn plainly(text: &[u8], from: usize) -> Option<(usize, u8)> {
        (from..text.len()).find_map(|end| {
            let kinds = BUILT_IN.0[index(&text[end.saturating_sub(2)..=end])];
            (kinds != 0).then_some((end, kinds))
        })
    }

    #[test]
    fn pieces_hide_no_anchor() {
        let pieces = [
            "pa", "s", "=", "w", "to", "ken", "://", "1", "23", " ", "x-", "é", "order", "@",
        ];
        let mut next = numbers(1);
        let mut plain = 0;
        for _ in 0..20_000 {
            let text: String = (0..next(12)).map(|_| pieces[next(pieces.len())]).collect();
            let text = text.as_bytes();
            let mut finder = Finder::new(&DEFAULT);
            assert_eq!(has_none(&DEFAULT, text), plainly(text, 0).is_none());
            plain += usize::from(has_none(&DEFAULT, text));
            let mut from = 0;
            while from <= text.len() {
                let found = finder.next(text, from);
                assert_eq!(found, plainly(text, from), "{text:?} from {from}");
                // Some of what follows is skipped, as if it were matched.
                from = found.map_or(text.len() + 1, |(anchor, _)| anchor + 1 + next(3));
            }
        }
        assert!((2_000..18_000).contains(&plain), "{plain}");
    }
}
