//! Messages that nobody writes: those of the corpus with bytes lost, doubled, swapped, spliced.

use super::generator::Numbers;

/// Bytes that the grammars react to.
const PIECES: [&[u8]; 16] = [
    b"=",
    b": ",
    b"\"",
    b"'",
    b"\\\"",
    b"://",
    b"@",
    b"%3A%2F%2F",
    b"password",
    b"<REDACTED>",
    b"\n",
    b"{",
    b")",
    b" -p ",
    b"\xf0\x9f\x94",
    b"\xc2\xab",
];

/// The message after one to four accidents, and perhaps with the rest of another.
pub(crate) fn mutated(message: &str, other: &str, numbers: &mut Numbers) -> String {
    let mut bytes = message.as_bytes().to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len() + 1);
        let end = (at + numbers.below(12)).min(bytes.len());
        match numbers.below(6) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let doubled = bytes[at..end].repeat(1 + numbers.below(60));
                bytes.splice(at..at, doubled);
            }
            2 => bytes[at..end].reverse(),
            3 => {
                let piece = PIECES[numbers.below(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
            4 => bytes.truncate(at),
            _ => {
                let other = other.as_bytes();
                bytes.truncate(at);
                bytes.extend_from_slice(&other[numbers.below(other.len() + 1)..]);
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
