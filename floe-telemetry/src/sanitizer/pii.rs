//! Personal data with a checkable form: social security numbers, IBANs, telephone numbers; payment
//! cards are in `card`. What cannot be checked is left alone: most long numbers are identifiers.

use super::text::{at, before, is_name, part, run_end, run_start, starts_with_word};
use super::{Level, Rule, Scan, card, token};

/// Lengths of IBANs by country.
const IBAN: &str = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28\
    EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20\
    LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29\
    RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

/// `anchor` is the third digit of a run.
pub(super) fn digits(scan: &mut Scan<'_>, anchor: usize) {
    if anchor < scan.digits_until {
        return;
    }
    let text = scan.text;
    let start = anchor - 2;
    let end = run_end(text, anchor, usize::MAX, |byte| byte.is_ascii_digit());
    scan.digits_until = end;
    token::telegram(scan, start, end);
    token::password_file(scan, start, end);
    if scan.policy.level == Level::Credentials {
        return;
    }
    let len = end - start;
    let separated = matches!(at(text, end), b'-' | b' ') && at(text, end + 1).is_ascii_digit();
    if len == 3 && separated {
        ssn(scan, start);
    } else if (len == 4 && separated) || (12..=19).contains(&len) {
        card::scan(scan, start);
    }
    if scan.covered <= start && before(text, start) != b'.' {
        iban(scan, start);
    }
}

/// Whether the number stands alone: not a part of a longer name, number, date or version.
pub(super) fn stands_alone(text: &[u8], start: usize, end: usize) -> bool {
    let joins = |byte: u8| is_name(byte) || byte == b'-';
    let left = before(text, start);
    let right_dot = at(text, end) == b'.' && at(text, end + 1).is_ascii_digit();
    !joins(left) && left != b'.' && left != b'+' && !joins(at(text, end)) && !right_dot
}

/// Three, two and four digits of the ranges that are given out.
fn ssn(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let Some(number) = text.get(start..start + 11) else {
        return;
    };
    let dash = number[3];
    let in_form = number.iter().enumerate().all(|(index, byte)| match index {
        3 | 6 => *byte == dash,
        _ => byte.is_ascii_digit(),
    });
    let given_out = !number.starts_with(b"000")
        && !number.starts_with(b"666")
        && number[0] != b'9'
        && &number[4..6] != b"00"
        && &number[7..] != b"0000";
    // Three numbers in a row are oftener three numbers, unless the words before say what they are.
    let near = run_start(text, start, 24, |byte| byte != b'\n');
    let is_named = || {
        [&b"ssn"[..], b"social"].iter().any(|name| {
            part(text, near, start)
                .windows(name.len())
                .any(|part| part.eq_ignore_ascii_case(name))
        })
    };
    if in_form && given_out && (dash == b'-' || is_named()) && stands_alone(text, start, start + 11)
    {
        scan.rule = Rule::Ssn;
        scan.redact(start, start + 11);
    }
}

/// Country, check digits and the account around `inside`, in one piece or in groups of four.
fn iban(scan: &mut Scan<'_>, inside: usize) {
    let text = scan.text;
    let left = if before(text, inside) == b' ' {
        inside - 1
    } else {
        inside
    };
    if !(before(text, left).is_ascii_uppercase()
        || left < inside && before(text, left).is_ascii_digit())
    {
        return;
    }
    let window = inside.saturating_sub(12);
    let Some(start) = (window..=inside)
        .rev()
        .find(|&start| is_iban_start(text, start))
    else {
        return;
    };
    let country = part(text, start, start + 2);
    let Some(entry) = IBAN
        .as_bytes()
        .chunks(4)
        .find(|entry| &entry[..2] == country)
    else {
        return;
    };
    let wanted = usize::from(entry[2] - b'0') * 10 + usize::from(entry[3] - b'0');
    let (mut len, mut rest, mut end) = (0, 0_u32, start);
    let mut head = 0_u32;
    while len < wanted {
        let byte = at(text, end);
        if byte.is_ascii_uppercase() || byte.is_ascii_digit() {
            // The first four characters count at the end.
            let sum = if len < 4 { &mut head } else { &mut rest };
            *sum = append(*sum, byte, len < 4);
            len += 1;
        } else if byte != b' ' || len % 4 != 0 {
            return;
        }
        end += 1;
    }
    let number = (u64::from(rest) * if head >= 100_000 { 1_000_000 } else { 100_000 }
        + u64::from(head))
        % 97;
    if number == 1 && !at(text, end).is_ascii_alphanumeric() {
        scan.rule = Rule::Iban;
        scan.redact(start, end);
        scan.digits_until = end;
    }
}

/// Appends a digit, or the two digits of a letter, modulo 97 unless the sum has to stay whole.
fn append(sum: u32, byte: u8, whole: bool) -> u32 {
    let sum = if byte.is_ascii_digit() {
        sum * 10 + u32::from(byte - b'0')
    } else {
        sum * 100 + u32::from(byte - b'A') + 10
    };
    if whole { sum } else { sum % 97 }
}

fn is_iban_start(text: &[u8], start: usize) -> bool {
    !before(text, start).is_ascii_alphanumeric()
        && at(text, start).is_ascii_uppercase()
        && at(text, start + 1).is_ascii_uppercase()
        && at(text, start + 2).is_ascii_digit()
        && at(text, start + 3).is_ascii_digit()
}

/// `+` and 8 to 15 digits, with the usual marks between them.
pub(super) fn phone(scan: &mut Scan<'_>, plus: usize) {
    let text = scan.text;
    let first = plus + 1 + usize::from(at(text, plus + 1) == b'(');
    let is_encoded = plus >= 3 && starts_with_word(text, plus - 3, b"%3d");
    // One number behind the other.
    let is_next = plus > 0 && plus == scan.covered;
    if is_name(before(text, plus)) && !is_encoded && !is_next
        || !matches!(at(text, first), b'1'..=b'9')
    {
        return;
    }
    let (mut digits, mut end, mut index) = (0, plus, first);
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
    let left = run_start(text, plus, 1, |byte| matches!(byte, b'.' | b'-' | b'_'));
    let joined = is_name(at(text, end));
    // Countries whose numbers all have one length.
    let fits = match at(text, first) {
        b'1' | b'7' => digits == 11,
        _ => (8..=15).contains(&digits),
    };
    if fits && !joined && left == plus {
        scan.rule = Rule::Phone;
        scan.redact(plus, end);
        scan.digits_until = scan.digits_until.max(end);
    }
}
