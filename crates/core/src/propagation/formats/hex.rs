//! Lower-case hexadecimal digits, eight at once.

pub(super) const fn encode(number: u32) -> [u8; 8] {
    // Spread the digits: one digit per byte.
    let mut digits = number as u64;
    digits = (digits | digits << 16) & 0x0000_ffff_0000_ffff;
    digits = (digits | digits << 8) & 0x00ff_00ff_00ff_00ff;
    digits = (digits | digits << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    // A 1 in the byte of each digit from `a` to `f`.
    let letters = (digits + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    (digits + 0x3030_3030_3030_3030 + letters * 39).to_be_bytes()
}

/// Returns the number that the digits represent; `None` if a byte is not a lower-case digit.
#[expect(clippy::cast_possible_truncation, reason = "eight digits have 32 bits")]
pub(super) fn decode(text: [u8; 8]) -> Option<u32> {
    let digits = u64::from_be_bytes(text);
    let letters = digits >> 6 & 0x0101_0101_0101_0101;
    let mut number = (digits & 0x0f0f_0f0f_0f0f_0f0f) + letters * 9;
    number &= 0x0f0f_0f0f_0f0f_0f0f;
    number = (number | number >> 4) & 0x00ff_00ff_00ff_00ff;
    number = (number | number >> 8) & 0x0000_ffff_0000_ffff;
    let number = (number | number >> 16) as u32;
    (encode(number) == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_place_is_a_digit_or_rejected() {
        for at in 0..8 {
            for byte in 0..=u8::MAX {
                for other in *b"09af" {
                    let mut text = [other; 8];
                    text[at] = byte;
                    let is_digits = !text.iter().any(u8::is_ascii_uppercase);
                    let expected = str::from_utf8(&text)
                        .ok()
                        .filter(|text| is_digits && !text.starts_with('+'))
                        .and_then(|text| u32::from_str_radix(text, 16).ok());
                    assert_eq!(decode(text), expected, "{text:?}");
                }
            }
        }

        for number in [0, 1, 0x0123_4567, 0x89ab_cdef, u32::MAX] {
            assert_eq!(encode(number), *format!("{number:08x}").as_bytes());
        }
    }
}
