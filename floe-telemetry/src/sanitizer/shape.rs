//! What a value looks like: random, a placeholder, a word of prose, a path.
//!
//! A key or a prefix has to give the reason first; the shape only decides the doubtful cases, for
//! example `signature=` (a digest or an English word?) or `token: expected` (a value or a sentence?).

use super::bytes::Bytes;

/// No variable, path or doubtful value is longer. A value that is left in the text is read again from
/// the next key inside of it, so its length has to be bounded.
pub(super) const LONGEST: usize = 256;

/// The word without the signs at its end that are in `what`, which has no letters and digits.
pub(super) fn trim_end<'t>(mut word: &'t [u8], what: &[u8]) -> &'t [u8] {
    while let [head @ .., last] = word
        && !last.is_ascii_alphanumeric()
        && what.contains(last)
    {
        word = head;
    }
    word
}

/// A value that looks random: letters and digits in turns, or irregular case. Not a UUID, a date,
/// a host, a path, a version or words joined by dashes.
pub(super) fn is_opaque(value: &[u8], min: usize) -> bool {
    let value = trim_end(value, b".,;:!?");
    // A longer value looks like its beginning.
    let value = &value[..value.len().min(LONGEST)];
    value.len() >= min
        && has_turns(value)
        && value.iter().all(|byte| OPAQUE.has(*byte))
        && !is_uuid(value)
        && (random_letters(value) >= min.min(12) || is_symbolic(value))
}

const OPAQUE: Bytes = Bytes::alphanumeric_and(b"-_.~+/=%$!*^#@&:|?");
const MADE_UP: Bytes = Bytes::alphanumeric_and(b"!$#%^&*~@?+-_.=");
const SYMBOLS: Bytes = Bytes::of(b"!#$^*~@?+%");
const SIGNS: Bytes = Bytes::of(b"!$#%^&*~@?");

/// Whether there are digits or letters of both cases: what has none is no more than words.
fn has_turns(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_digit)
        || value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase)
}

/// How many characters are in parts that change their class of characters often.
fn random_letters(value: &[u8]) -> usize {
    value
        .split(|byte| !byte.is_ascii_alphanumeric())
        .filter(|part| is_random(part))
        .map(<[u8]>::len)
        .sum()
}

/// A password that a person made up: letters with digits or signs between or behind. Not a path, a
/// host, a version, a date or an algorithm.
pub(super) fn is_made_up(word: &[u8], min: usize) -> bool {
    let word = trim_end(word, b".,;:");
    if !(min..=LONGEST).contains(&word.len()) {
        return false;
    }
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    // `mismatch?` is a question, `Letmein?` may be a password.
    let is_word = |word: &[u8]| word.iter().all(u8::is_ascii_lowercase);
    let asked = usize::from(digits == 0 && word.strip_suffix(b"?").is_some_and(is_word));
    let signs = word.iter().filter(|byte| SIGNS.has(**byte)).count() - asked;
    if digits + signs == 0 {
        return false;
    }
    let is_named = [
        &b"sha"[..],
        b"md5",
        b"base",
        b"utf",
        b"oauth",
        b"bcrypt",
        b"argon",
        b"scram",
        b"pbkdf",
        b"latin",
        b"non-latin",
    ]
    .iter()
    .any(|name| {
        word.len() < 16
            && word
                .get(..name.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(name))
    });
    let is_version = matches!(word, [b'v' | b'V', second, ..] if second.is_ascii_digit());
    word.iter().any(u8::is_ascii_alphabetic)
        && (word.iter().all(|byte| MADE_UP.has(*byte)) || has_accents(word))
        && (signs > 0 || !word.contains(&b'.'))
        && !is_uuid(word)
        && !is_named
        && !is_quantity(word)
        && !is_version
        && !is_template_name(word)
}

/// Whether the word has letters of other European alphabets among those of a password.
fn has_accents(word: &[u8]) -> bool {
    let is_letter = |sign: char| match sign {
        '\0'..='\x7f' => u8::try_from(sign).is_ok_and(|byte| MADE_UP.has(byte)),
        _ => sign < '\u{530}' && sign.is_alphabetic(),
    };
    std::str::from_utf8(word).is_ok_and(|word| word.chars().all(is_letter))
}

/// Whether a quoted text of several words has one that a person or a program made up.
pub(super) fn holds_made_up(value: &[u8]) -> bool {
    let mut words = value.split(|byte| b" ,;:=/@".contains(byte));
    value.len() <= LONGEST
        && !is_path(value)
        && (words.any(|word| is_made_up(word, 6) || is_opaque(word, 8)) || is_mixture(value))
}

/// `Maple vRtUq 17`, `aB@maple:7`: letters of both cases beside a number or among signs and digits.
fn is_mixture(value: &[u8]) -> bool {
    let items = || {
        value
            .split(|byte| *byte == b' ')
            .map(|item| trim_end(item, b",;"))
    };
    let is_number = |item: &[u8]| item.len() >= 2 && item.iter().all(u8::is_ascii_digit);
    let is_irregular =
        |item: &[u8]| item.len() >= 5 && is_camel(item) && item.iter().all(u8::is_ascii_alphabetic);
    let has_sign = value.iter().any(|byte| SIGNS.has(*byte));
    let has_digit = value.iter().any(u8::is_ascii_digit);
    let has_both =
        value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
    if value.contains(&b' ') {
        items().count() == 3 && items().any(is_number) && items().any(is_irregular)
    } else {
        has_sign && has_digit && has_both && value.len() >= 8
    }
}

/// `1200ms`, `4096kb`: a number and its unit.
fn is_quantity(word: &[u8]) -> bool {
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let units = [
        &b"ms"[..],
        b"us",
        b"ns",
        b"s",
        b"m",
        b"h",
        b"d",
        b"b",
        b"kb",
        b"mb",
        b"gb",
        b"tb",
        b"px",
    ];
    digits > 0
        && units
            .iter()
            .any(|unit| word[digits..].eq_ignore_ascii_case(unit))
}

/// `$1`, `%s`, `$PASSWORD`: a sign and a name.
fn is_template_name(word: &[u8]) -> bool {
    matches!(word, [b'$' | b'%' | b'&' | b'@' | b'#' | b'*' | b'-', ..])
        && !word.iter().any(u8::is_ascii_digit)
}

/// Letters, digits and several of the symbols that only passwords have.
fn is_symbolic(value: &[u8]) -> bool {
    let symbols = value.iter().filter(|byte| SYMBOLS.has(**byte));
    symbols.count() >= 2
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic)
}

/// Whether a run of letters and digits changes between them, or its case, oftener than words do.
pub(super) fn is_random(part: &[u8]) -> bool {
    if part.len() < 4 {
        return false;
    }
    let kind = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        _ => 2,
    };
    let (mut changes, mut has_digit) = (0, false);
    let mut left = kind(part[0]);
    for byte in part {
        let right = kind(*byte);
        has_digit |= right == 0;
        // A capital letter and the rest of its word are one turn.
        changes += usize::from(left != right && !(left == 2 && right == 1));
        // Enough, with digits or without, however it goes on.
        if changes >= (part.len() / 4).max(3) {
            return true;
        }
        left = right;
    }
    has_digit && changes >= (part.len() / 8).max(2)
}

/// Eight, four, four, four and twelve hexadecimal digits.
pub(super) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A capital letter behind a small one.
pub(super) fn is_camel(word: &[u8]) -> bool {
    word.windows(2)
        .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

/// Letters of one case, perhaps after a capital: a word, not a credential.
pub(super) fn is_word_like(value: &[u8]) -> bool {
    let Some((first, tail)) = value.split_first() else {
        return true;
    };
    let is_lower = || tail.iter().all(u8::is_ascii_lowercase);
    let is_upper = || first.is_ascii_uppercase() && tail.iter().all(u8::is_ascii_uppercase);
    first.is_ascii_alphabetic() && (is_lower() || is_upper())
}

/// `/etc/ssl/key.pem`, `~/.ssh/id_rsa`, `C:\keys\x`: names a file that holds the secret.
pub(super) fn is_path(value: &[u8]) -> bool {
    if value.len() > LONGEST {
        return false;
    }
    let start = match value {
        [b'~' | b'.', b'/', ..] => 2,
        [b'.', b'.', b'/', ..] | [_, b':', b'\\', ..] => 3,
        [b'/', ..] => 1,
        _ => return false,
    };
    let tail = &value[start..];
    let part_ok = |part: &[u8]| !is_random(part) && part.len() < 40;
    tail.split(|b| b"/\\._-".contains(b)).all(part_ok)
        && (start > 1
            || tail.iter().any(|byte| matches!(byte, b'/' | b'.'))
            || tail.iter().all(u8::is_ascii_lowercase))
}
