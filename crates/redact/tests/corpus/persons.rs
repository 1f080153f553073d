//! Generates personal data: addresses, cards and numbers.

use super::generator::{Numbers, UPPER};

const DIGITS: &str = "0123456789";

fn email(numbers: &mut Numbers) -> (String, String) {
    let first = numbers.one(&["anna", "jürgen", "o'neil", "li.wei", "j_doe", "Maria", "x"]);
    let last = numbers.one(&["", ".petrova", "-smith", "+news", "77", ".van.dijk"]);
    let domain =
        numbers.one(&["example.com", "mail.example.co.uk", "example.museum", "corp.example"]);
    let local = format!("{first}{last}{}", numbers.between(10, 99));
    (format!("{local}@{domain}"), local)
}

/// Generates a card number with a correct Luhn check digit, grouped as issuers do.
fn card(numbers: &mut Numbers) -> String {
    let (head, len, groups): (_, _, &[usize]) = match numbers.below(5) {
        0 => ("4", 16, &[4, 4, 4, 4]),
        1 => ("51", 16, &[4, 4, 4, 4]),
        2 => ("37", 15, &[4, 6, 5]),
        3 => ("6011", 16, &[4, 4, 4, 4]),
        _ => ("3528", 16, &[4, 4, 4, 4]),
    };
    let mut digits = head.to_owned() + &numbers.chars(DIGITS, len - 1 - head.len());
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| match u32::from(digit - b'0') * if place % 2 == 0 { 2 } else { 1 } {
            two @ 10.. => two - 9,
            one => one,
        })
        .sum();
    digits.push_str(&((10 - sum % 10) % 10).to_string());
    grouped(&digits, groups, numbers.one(&["", " ", "-"]))
}

fn grouped(digits: &str, groups: &[usize], between: &str) -> String {
    let mut rest = digits;
    let mut parts = Vec::new();
    for group in groups {
        let (part, others) = rest.split_at(*group);
        parts.push(part);
        rest = others;
    }
    parts.join(between)
}

/// Generates an IBAN with correct check digits (ISO 7064), with or without groups of four.
fn iban(numbers: &mut Numbers) -> String {
    let (country, letters, digits) =
        *[("DE", 0, 18), ("GB", 4, 14), ("FR", 0, 23), ("NL", 4, 10), ("ES", 0, 20)]
            .get(numbers.below(5))
            .unwrap();
    let account = numbers.chars(&UPPER[..26], letters) + &numbers.chars(DIGITS, digits);
    let rest = format!("{account}{country}00").bytes().fold(0, |rest: u32, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        letter => (rest * 100 + u32::from(letter - b'A') + 10) % 97,
    });
    let iban = format!("{country}{:02}{account}", 98 - rest);
    if numbers.below(2) == 0 {
        return iban;
    }
    let groups: Vec<_> =
        iban.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group)).collect();
    groups.join(" ")
}

fn phone(numbers: &mut Numbers) -> String {
    let shape = numbers.one(&[
        "+1 555-010-####",
        "+1-202-555-01##",
        "+49 30 901820-##",
        "+49 151 2345 ####",
        "+44 20 7946 0###",
        "+44 7700 900###",
        "+33 1 99 00 ## ##",
        "+34 612 34 ## ##",
        "+81-3-5555-####",
        "+4915123####76",
        "+1 (212) 555-01##",
        "+91 98765 4####",
    ]);
    shape
        .chars()
        .map(|sign| match sign {
            '#' => numbers.chars(DIGITS, 1),
            other => other.to_string(),
        })
        .collect()
}

fn social_security(numbers: &mut Numbers) -> String {
    format!(
        "{}-{}-{}",
        numbers.between(101, 665),
        numbers.between(11, 99),
        numbers.between(1000, 9999)
    )
}

/// Returns the text for the message, and the part of it that must be redacted.
pub(super) fn person(kind: char, numbers: &mut Numbers) -> Option<(String, String)> {
    let whole = match kind {
        'E' => return Some(email(numbers)),
        'C' => card(numbers),
        'I' => iban(numbers),
        'L' => phone(numbers),
        'Z' => social_security(numbers),
        _ => return None,
    };
    Some((whole.clone(), whole))
}
