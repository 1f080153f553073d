//! Numbers of payment cards.

use std::ops::Range;

use super::pii::stands_alone;
use super::text::{at, before, part, run_start};
use super::{Rule, Scan};

/// 12 to 19 digits with a known issuer and a right check digit, perhaps in groups.
pub(super) fn scan(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let mut digits = [0_u8; 19];
    let mut len = 0;
    let mut end = start;
    let group_mark = match part(text, start, text.len())
        .iter()
        .find(|byte| !byte.is_ascii_digit())
    {
        Some(&mark @ (b' ' | b'-')) => mark,
        _ => 0,
    };
    for (index, &byte) in text.iter().enumerate().skip(start).take(24) {
        if byte.is_ascii_digit() && len < 19 {
            digits[len] = byte - b'0';
            len += 1;
            end = index + 1;
        } else if byte.is_ascii_digit() || byte != group_mark || group_mark == 0 || end != index {
            break;
        }
    }
    let digits = &digits[..len];
    let right = at(text, end);
    if is_issuer(digits)
        && (len == end - start || is_printed(text, start..end, group_mark))
        && luhn(digits)
        && stands_alone(text, start, end)
        && !right.is_ascii_digit()
    {
        scan.rule = Rule::Card;
        scan.redact(start, end);
        scan.digits_until = end;
    }
}

/// Cards are printed in fours, or as four, six and the rest; one of a row of fours is another number.
fn is_printed(text: &[u8], number: Range<usize>, mark: u8) -> bool {
    let left = run_start(text, number.start.saturating_sub(1), 5, |byte| {
        byte.is_ascii_digit()
    });
    let mut sizes = [0; 5];
    for (size, group) in sizes
        .iter_mut()
        .zip(text[number.clone()].split(|byte| *byte == mark))
    {
        *size = group.len();
    }
    matches!(sizes, [4, 4, 4, 4, 0 | 3] | [4, 6, 4 | 5, 0, 0])
        && (before(text, number.start) != mark || number.start != left + 5)
}

/// Whether an issuer gives out numbers with these first digits and this length.
fn is_issuer(digits: &[u8]) -> bool {
    let lead = digits
        .iter()
        .take(4)
        .fold(0_u32, |lead, digit| lead * 10 + u32::from(*digit));
    let lengths = match lead {
        4000..=4999 => [13, 16, 19],
        5100..=5599 | 2221..=2720 | 3528..=3589 => [16; 3],
        3400..=3499 | 3700..=3799 => [15; 3],
        3000..=3059 | 3600..=3699 | 3800..=3999 => [14, 16, 16],
        6011 | 6440..=6599 | 6200..=6299 => [16, 17, 19],
        5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763 => [16, 18, 19],
        _ => return false,
    };
    lengths.contains(&digits.len())
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, &digit)| match (index % 2, u32::from(digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}
