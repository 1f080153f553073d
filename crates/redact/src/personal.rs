//! Finds personal data with a form that can be checked: social security numbers, payment cards, bank accounts and
//! telephone numbers. Other numbers stay, because most long numbers are identifiers.

use crate::address;
use crate::rules::structures::{
    BANK_ACCOUNT, IBAN, ISSUERS, NEVER_ISSUED, PAYMENT_CARD, PHONE_NUMBER, SOCIAL_SECURITY_NUMBER,
};
use crate::scan::{Evidence, Scan};
use crate::text::{at, before, before_word, class, is_name, part};

/// Reads a number. `anchor` is its third digit.
pub(crate) fn digits(scan: &mut Scan<'_>, anchor: usize) {
    let start = anchor - 2;
    let end = class!("0-9").end(scan.text, anchor, usize::MAX);
    number(scan, start, end);

    // The rest of a number contains no anchor.
    scan.cover(end);
}

fn number(scan: &mut Scan<'_>, start: usize, end: usize) {
    let text = scan.text;
    let previous = before(text, start);
    let next = at(text, end);
    if previous == b':' && next == b':' {
        address::password_file(scan, start, end);
    }
    if !scan.policy.has_personal_data() {
        return;
    }
    let is_separated = matches!(next, b'-' | b' ') && at(text, end + 1).is_ascii_digit();
    let read = match end - start {
        3 if is_separated => Some(social_security as fn(&mut Scan<'_>, usize)),
        // The second group of a card has four digits or more, unlike that of a date: `2026-01-12`.
        4 if is_separated && at(text, end + 4).is_ascii_digit() => Some(card as _),
        12..=19 => Some(card as _),
        _ => None,
    };
    if let Some(read) = read {
        // A part of a longer name or number is neither a card number nor a social security number.
        let left = before_word(text, start);
        if !is_name(left) && left != b'-' {
            read(scan, start);
        }
    }
    if scan.progress.covered <= start && (previous == b' ' || previous.is_ascii_uppercase()) {
        bank_account(scan, start);
    }
}

/// Whether the number stands alone, that is, not in a longer name, number, date or version.
fn stands_alone(text: &[u8], start: usize, end: usize) -> bool {
    let joins_left = class!("a-zA-Z0-9_.+-").has(before_word(text, start));
    let joins_right = match at(text, end) {
        b'.' => at(text, end + 1).is_ascii_digit(),
        next => class!("a-zA-Z0-9_-").has(next),
    };
    !joins_left && !joins_right
}

/// Redacts a social security number: three, two and four digits. Groups that are never issued are excluded.
fn social_security(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let Some(number) = text.get(start..start + 11) else {
        return;
    };
    let dash = number[3];
    let has_form = number.iter().enumerate().all(|(index, byte)| match index {
        3 | 6 => *byte == dash,
        _ => byte.is_ascii_digit(),
    });
    let is_issued =
        !NEVER_ISSUED.iter().any(|(at, group)| number[*at..].starts_with(group.as_bytes()));
    if has_form && is_issued && stands_alone(text, start, start + 11) {
        scan.redact(start, start + 11, SOCIAL_SECURITY_NUMBER, Evidence::Format);
    }
}

/// Redacts the number of a payment card: 13 to 19 digits, perhaps in groups, with a known issuer and a correct check
/// digit.
fn card(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let mut digits = [0_u8; 19];
    let mut len = 0;
    let mut end = start;
    let mark = match text[start..].iter().find(|byte| !byte.is_ascii_digit()) {
        Some(&mark @ (b' ' | b'-')) => mark,
        _ => 0,
    };
    for (index, &byte) in text.iter().enumerate().skip(start).take(24) {
        match byte {
            b'0'..=b'9' if len < 19 => {
                digits[len] = byte - b'0';
                len += 1;
                end = index + 1;
            }
            b' ' | b'-' if byte == mark && end == index => {}
            _ => break,
        }
    }
    let digits = &digits[..len];
    if is_issuer(digits) && luhn(digits) && stands_alone(text, start, end) {
        scan.redact(start, end, PAYMENT_CARD, Evidence::Checksum);
    }
}

/// Whether an issuer has numbers with these first digits and this length.
fn is_issuer(digits: &[u8]) -> bool {
    let lead = digits.iter().take(4).fold(0_u32, |lead, digit| lead * 10 + u32::from(*digit));
    ISSUERS.iter().any(|(leads, lengths)| leads.contains(&lead) && lengths.contains(&digits.len()))
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

/// Redacts an IBAN around `inside`: the country, check digits and the account, in one piece or in groups of four.
fn bank_account(scan: &mut Scan<'_>, inside: usize) {
    let text = scan.text;
    let follows = match part(text, inside.saturating_sub(2), inside) {
        [previous, b' '] => class!("A-Z0-9").has(*previous),
        [.., previous] => class!("A-Z").has(*previous),
        [] => false,
    };
    if !follows {
        return;
    }
    let Some(start) =
        (inside.saturating_sub(12)..=inside).rev().find(|&start| is_iban_start(text, start))
    else {
        return;
    };
    let country = &text[start..start + 2];
    let entries = IBAN.as_bytes().chunks(4);
    let Some(entry) = entries.into_iter().find(|entry| &entry[..2] == country) else {
        return;
    };
    let wanted = usize::from(entry[2] - b'0') * 10 + usize::from(entry[3] - b'0');
    let mut letters = Vec::new();
    let mut end = start;
    while letters.len() < wanted {
        match at(text, end) {
            byte @ (b'A'..=b'Z' | b'0'..=b'9') => letters.push(byte),
            b' ' if letters.len() % 4 == 0 => {}
            _ => return,
        }
        end += 1;
    }
    // The first four characters count as the last ones in the checksum, and letters as two digits.
    letters.rotate_left(4);
    let number = letters.iter().fold(0, |rest, byte| match byte {
        b'A'..=b'Z' => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
        _ => (rest * 10 + u32::from(byte - b'0')) % 97,
    });
    if number == 1 && !at(text, end).is_ascii_alphanumeric() {
        scan.redact(start, end, BANK_ACCOUNT, Evidence::Checksum);
    }
}

fn is_iban_start(text: &[u8], start: usize) -> bool {
    match part(text, start, start + 4) {
        [b'A'..=b'Z', b'A'..=b'Z', b'0'..=b'9', b'0'..=b'9'] => {
            !before_word(text, start).is_ascii_alphanumeric()
        }
        _ => false,
    }
}

/// Redacts a telephone number: `+` and 8 to 15 digits, with the usual signs between them.
pub(crate) fn phone(scan: &mut Scan<'_>, plus: usize) {
    let text = scan.text;
    if text[plus] != b'+' || !scan.policy.has_personal_data() {
        return;
    }
    let first = plus + 1 + usize::from(at(text, plus + 1) == b'(');
    let follows = scan.found.last().is_some_and(|finding| finding.range.end == plus);
    let is_apart = follows || !is_name(before_word(text, plus));
    if !is_apart || !class!("1-9").has(at(text, first)) {
        return;
    }
    let mut digits = 0;
    let mut end = plus;
    let mut index = first;
    while index < text.len().min(plus + 28) {
        match at(text, index) {
            b'0'..=b'9' => {
                digits += 1;
                end = index + 1;
            }
            b' ' | b'-' | b'.' | b'(' | b')' | b'/' if index - end < 3 => {}
            _ => break,
        }
        index += 1;
    }
    let left = class!("._-").start(text, plus, 1);
    if (8..=15).contains(&digits) && !is_name(at(text, end)) && left == plus {
        scan.redact(plus, end, PHONE_NUMBER, Evidence::Format);
    }
}
