//! Finds the places worth a closer look, in one pass and without understanding them.
//!
//! Every grammar of the sanitizer has an anchor of three characters: `pas` of a password key, `://`
//! of a URL, three digits of a card number. A byte has one of 32 classes (the case of a letter and
//! the value of a digit do not matter), so three of them index a table of 32,768 flags. The lookups
//! of neighbouring positions do not depend on each other, which makes this faster than an automaton
//! with a state, and a text without anchors is left alone after this pass.

use super::Policy;
use super::anchors::{BUILT_IN, CLASSES, TABLE, index};

/// How many bytes are looked at together.
const PIECE: usize = 8;

/// The anchors of a policy, looked up once per text.
pub(super) struct Finder<'p>(&'p [u8; TABLE]);

impl<'p> Finder<'p> {
    pub(super) fn new(policy: &'p Policy) -> Self {
        Self(table(policy))
    }

    /// The first anchor that ends at or after `from`: the place of its last byte and its kinds.
    #[inline]
    pub(super) fn next(&self, text: &[u8], from: usize) -> Option<(usize, u8)> {
        let mut window = index(text.get(from.saturating_sub(2)..from)?);
        let rest = text.get(from..)?;
        // Where anchors are dense the next one is near.
        let mut skipped = rest.len().min(PIECE);
        for (offset, &byte) in rest.iter().enumerate().take(skipped) {
            window = (window << 5) | usize::from(CLASSES[usize::from(byte)]);
            let kinds = self.0[window & (TABLE - 1)];
            if kinds != 0 {
                return Some((from + offset, kinds));
            }
        }
        for piece in rest[skipped..].chunks_exact(PIECE) {
            let (kinds, last) = kinds_among(self.0, window, piece);
            if kinds != 0 {
                break;
            }
            window = last;
            skipped += PIECE;
        }
        for (offset, &byte) in rest.iter().enumerate().skip(skipped) {
            window = (window << 5) | usize::from(CLASSES[usize::from(byte)]);
            let kinds = self.0[window & (TABLE - 1)];
            if kinds != 0 {
                return Some((from + offset, kinds));
            }
        }
        None
    }
}

/// All the kinds in a piece, and its last two classes. Most pieces have no anchor, so one branch is
/// enough for all of a piece.
#[inline]
fn kinds_among(table: &[u8; TABLE], window: usize, piece: &[u8]) -> (u8, usize) {
    let mut classes = [0; PIECE + 2];
    (classes[0], classes[1]) = (window >> 5 & 31, window & 31);
    for (class, &byte) in classes[2..].iter_mut().zip(piece) {
        *class = usize::from(CLASSES[usize::from(byte)]);
    }
    let mut kinds = 0;
    for three in classes.windows(3) {
        kinds |= table[(three[0] << 10 | three[1] << 5 | three[2]) & (TABLE - 1)];
    }
    (kinds, classes[PIECE] << 5 | classes[PIECE + 1])
}

/// Whether the text has no anchor: what [`Finder::next`] would say from its start.
#[inline]
pub(super) fn has_none(policy: &Policy, text: &[u8]) -> bool {
    let table = table(policy);
    let pieces = text.chunks_exact(PIECE);
    let tail = pieces.remainder();
    let (mut kinds, mut window) = (0, 0);
    for piece in pieces {
        let (found, last) = kinds_among(table, window, piece);
        kinds |= found;
        window = last;
    }
    for &byte in tail {
        window = (window << 5) | usize::from(CLASSES[usize::from(byte)]);
        kinds |= table[window & (TABLE - 1)];
    }
    kinds == 0
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
            let finder = Finder::new(&DEFAULT);
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
