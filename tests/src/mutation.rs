//! Mutates inputs: bytes are removed, repeated, reversed, inserted, truncated and spliced.

use crate::numbers::Numbers;

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

/// Returns the message after one to four random mutations, some of which append the end of the other message.
pub fn mutated(message: &str, other: &str, numbers: &mut Numbers) -> String {
    let bytes = damaged(message.as_bytes(), other.as_bytes(), numbers);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Mutates arbitrary bytes like [`mutated`].
pub fn damaged(message: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = message.to_vec();
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
                bytes.truncate(at);
                bytes.extend_from_slice(&other[numbers.below(other.len() + 1)..]);
            }
        }
    }
    bytes
}
