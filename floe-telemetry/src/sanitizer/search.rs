//! Where a piece of text stands.

use super::text::rest;

/// How many places are looked at together.
const PIECE: usize = 32;

/// The places where `what` stands, one behind the other.
pub(super) fn occurrences(text: &[u8], what: &[u8]) -> impl Iterator<Item = usize> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let found = from + position(rest(text, from), what)?;
        from = found + what.len();
        Some(found)
    })
}

/// The first place where `what` stands. Most places differ in the first byte or in the last one, which is
/// asked of many of them at once.
pub(super) fn position(text: &[u8], what: &[u8]) -> Option<usize> {
    let (first, last) = (*what.first()?, *what.last()?);
    let tails = text.get(what.len() - 1..)?;
    let heads = &text[..tails.len()];
    let fits = |head: u8, tail: u8| ((head ^ first) | (tail ^ last)) == 0;
    let stands =
        |&place: &usize| fits(heads[place], tails[place]) && text[place..].starts_with(what);
    let Some(last) = tails.len().checked_sub(PIECE) else {
        return (0..tails.len()).find(stands);
    };
    let mut from = 0;
    loop {
        let pieces = (
            heads[from..].first_chunk::<PIECE>()?,
            tails[from..].first_chunk::<PIECE>()?,
        );
        let pairs = pieces.0.iter().zip(pieces.1);
        if pairs.fold(false, |any, (head, tail)| any | fits(*head, *tail))
            && let Some(found) = (from..from + PIECE).find(stands)
        {
            return Some(found);
        }
        if from == last {
            return None;
        }
        // The last piece may begin inside of the one before.
        from = last.min(from + PIECE);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::numbers;
    use super::*;

    #[test]
    fn every_place_is_found() {
        let mut next = numbers(3);
        let mut count = 0;
        for _ in 0..5_000 {
            let text: Vec<u8> = (0..next(120)).map(|_| b"ab"[next(2)]).collect();
            let what: Vec<u8> = (0..=next(7)).map(|_| b"ab"[next(2)]).collect();
            let mut from = 0;
            let mut plainly = Vec::new();
            while from + what.len() <= text.len() {
                if text[from..].starts_with(&what) {
                    plainly.push(from);
                    from += what.len();
                } else {
                    from += 1;
                }
            }
            assert_eq!(occurrences(&text, &what).collect::<Vec<_>>(), plainly);
            assert_eq!(position(&text, &what), plainly.first().copied());
            count += plainly.len();
        }
        assert!(count > 10_000, "{count}");
    }
}
