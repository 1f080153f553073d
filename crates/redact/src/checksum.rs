//! Verifies the checksums at the end of some vendors' tokens.

use crate::rules::format::Checksum;

const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE36: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// Whether a token ends with the right checksum. `body` is the token without its prefix.
pub(crate) fn is_right(checksum: Checksum, prefix: &str, body: &str) -> bool {
    right_digits(checksum, prefix, body).is_some_and(|right| body.as_bytes().ends_with(&right))
}

pub(crate) fn right_digits(checksum: Checksum, prefix: &str, body: &str) -> Option<Vec<u8>> {
    let summed = |digits| body.get(..body.len().checked_sub(digits)?);
    let crc = |prefix: &str, summed: &str| crc32(prefix.bytes().chain(summed.bytes()));
    match checksum {
        Checksum::Crc32 { base, digits, prefix: of_prefix } => {
            let digits = usize::from(digits);
            let base = usize::from(base);
            let alphabet = if base > BASE36.len() { BASE62 } else { &BASE36[..base] };
            let prefix = if of_prefix { prefix } else { "" };
            written(crc(prefix, summed(digits)?), alphabet, digits)
        }
        Checksum::Crc32Hex => {
            let sum = crc(prefix, summed(8)?.strip_suffix('_')?);
            written(sum.swap_bytes(), &BASE36[..16], 8)
        }
    }
}

/// Writes a number in the base of the alphabet, padded with zeros; `None` if it has too many digits.
fn written(number: u32, alphabet: &[u8], digits: usize) -> Option<Vec<u8>> {
    let mut rest = number as usize;
    let mut written = vec![0; digits];
    for digit in written.iter_mut().rev() {
        *digit = alphabet[rest % alphabet.len()];
        rest /= alphabet.len();
    }
    (rest == 0).then_some(written)
}

/// Computes the CRC-32 of IEEE 802.3 bit by bit. This is fast enough, because few texts have the form of a token.
fn crc32(bytes: impl Iterator<Item = u8>) -> u32 {
    !bytes.fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| {
            (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{BASE36, BASE62, crc32, is_right, written};
    use crate::rules::format::Checksum;

    const GITHUB: Checksum = Checksum::Crc32 { base: 62, digits: 6, prefix: false };
    const GITLAB: Checksum = Checksum::Crc32 { base: 36, digits: 7, prefix: true };

    fn is_written(number: u32, alphabet: &[u8], digits: &[u8]) -> bool {
        written(number, alphabet, digits.len()).is_some_and(|written| written == digits)
    }

    #[test]
    fn a_number_is_written_with_the_digits_of_its_base_and_padded() {
        assert!(is_written(crc32("hello".bytes()), BASE62, b"0zNvy2"));
        assert!(is_written(61 * 62 + 10, BASE62, b"0000zA"));
        assert!(is_written(35 * 36 + 10, BASE36, b"00000za"));
        assert!(is_written(u32::MAX, BASE62, b"4gfFC3"));
        assert!(is_written(u32::MAX, BASE36, b"1z141z3"));
    }

    #[test]
    fn a_number_with_more_digits_than_there_are_is_not_written() {
        assert!(!is_written(62, BASE62, b"0"));
        assert!(is_written(62, BASE62, b"10"));
        assert!(!is_written(1, BASE62, b""));
    }

    #[test]
    fn gitlab_sums_the_prefix_the_payload_the_version_and_the_length() {
        let body = "h9ERUUjcMdDoH7_jMklFksrB4B0.01.0r0chm5ry";
        assert!(is_right(GITLAB, "glpat-", body));
        assert!(!is_right(GITLAB, "glrt-", body));
        let (payload, rest) = body.split_at(27);
        assert!(!is_right(GITLAB, "glpat-", &format!("{payload}{}", rest.replace(".01.", ".02."))));
    }

    #[test]
    fn grafana_writes_the_lowest_byte_of_the_sum_first() {
        let body = "taQTcFQUf6WJ5a1r4jbY3ZZhOLgRxkOa_24792bc6";
        assert!(is_right(Checksum::Crc32Hex, "glsa_", body));
        assert!(!is_right(Checksum::Crc32Hex, "glsb_", body));
        assert!(!is_right(Checksum::Crc32Hex, "glsa_", "24792bc6"));
    }

    #[test]
    fn a_body_shorter_than_the_checksum_has_none() {
        assert!(!is_right(GITHUB, "ghp_", ""));
        assert!(!is_right(GITHUB, "ghp_", "MJfm"));
        // The checksum of an empty text is zero.
        assert!(is_right(GITHUB, "ghp_", "000000"));
    }
}
