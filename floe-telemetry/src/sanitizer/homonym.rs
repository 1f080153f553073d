//! Words that are spelled like a key and mean something else: `code 7`, a type of resource.

use super::key_value::Key;
use super::lexicon::is_noun;
use super::placeholder::is_prose;
use super::shape::is_word_like;
use super::text::{
    at, before, is_name, part, run_end, run_start, skip_spaces, starts_with, starts_with_word,
};
use super::value::Extent;
use super::word_list::List;

/// `code 7`, `key 12 of 30`: a word of many meanings, and a number.
///
/// `token_type=Bearer|expires_in=3600`: the value of another key.
pub(super) fn is_counted(text: &[u8], word: &[u8], end: usize) -> bool {
    if word == b"Bearer" && at(text, end) == b'|' {
        return true;
    }
    // `pam_unix(passwd:chauthtok)`: a service and what is asked of it.
    let bracket = end - word.len();
    if at(text, end) == b':' && before(text, bracket) == b'(' {
        let module = run_start(text, bracket - 1, 16, is_name);
        return starts_with(text, module, b"pam_");
    }
    if !word.eq_ignore_ascii_case(b"code") && !word.eq_ignore_ascii_case(b"key") {
        return false;
    }
    let number = skip_spaces(text, end);
    let number_end = run_end(text, number, 12, |byte| byte.is_ascii_digit());
    number > end
        && number_end > number
        && !is_name(at(text, number_end))
        && behind_number(text, end) == end
}

/// `RSA key 4A1F09C7…`: the algorithm of a pair of keys before the word that ends at `end`, and the number
/// of the public one behind it.
pub(super) fn is_public(text: &[u8], algorithm: &[u8], end: usize) -> bool {
    let number = run_end(text, end, 64, |byte| {
        byte == b' ' || byte.is_ascii_hexdigit()
    });
    let known = ["dsa", "ecdsa", "eddsa", "gpg", "openpgp", "pgp", "rsa"];
    let is_known = |known: &&str| algorithm.eq_ignore_ascii_case(known.as_bytes());
    number > end + 8 && !at(text, number).is_ascii_alphanumeric() && known.iter().any(is_known)
}

/// `Unseal Key 1: …`: behind the number of one of several keys; `end` if there is none.
pub(super) fn behind_number(text: &[u8], end: usize) -> usize {
    if at(text, end) != b' ' || !at(text, end + 1).is_ascii_digit() {
        return end;
    }
    let mut number = run_end(text, end + 1, 2, |byte| byte.is_ascii_digit());
    // `key 3 of 5: …`
    if starts_with(text, number, b" of ") && before(text, end) | 32 == b'y' {
        number = run_end(text, number + 4, 2, |byte| byte.is_ascii_digit());
    }
    if at(text, number) == b':' && at(text, number + 1) == b' ' {
        number
    } else {
        end
    }
}

/// `arn:aws:secretsmanager:…:secret:name`: the word is a type of resource.
pub(super) fn is_resource_name(text: &[u8], end: usize) -> bool {
    let start = run_start(text, end, 128, |byte| {
        is_name(byte) || b":-/*".contains(&byte)
    });
    starts_with(text, start, b"arn:")
}

/// `ConvertTo-SecureString : Input string was …`: PowerShell says which command failed.
pub(super) fn is_cmdlet(text: &[u8], word: &[u8], end: usize) -> bool {
    starts_with(text, end, b" : ") && is_command_name(word)
}

/// `token: ExpiredSignature`, `InvalidToken`: the name of an error.
pub(super) fn is_error_name(word: &[u8]) -> bool {
    let heads = [
        &b"Invalid"[..],
        b"Expired",
        b"Missing",
        b"Unknown",
        b"Unexpected",
        b"Malformed",
        b"Bad",
        b"No",
        b"Not",
    ];
    word.iter().all(u8::is_ascii_alphabetic)
        && (word.ends_with(b"Error")
            || word.ends_with(b"Exception")
            || heads.iter().any(|head| {
                word.starts_with(head) && word.get(head.len()).is_some_and(u8::is_ascii_uppercase)
            }))
}

/// `ConvertTo-SecureString`, `Get-Credential`: two words of letters with capitals and a dash.
pub(super) fn is_command_name(word: &[u8]) -> bool {
    if !at(word, 0).is_ascii_uppercase() || !word.contains(&b'-') {
        return false;
    }
    let mut parts = word.split(|byte| *byte == b'-');
    let is_part = |part: &[u8]| {
        part.len() >= 3
            && part[0].is_ascii_uppercase()
            && part.iter().all(u8::is_ascii_alphabetic)
            && part[1..].iter().any(u8::is_ascii_lowercase)
    };
    let verbs = [
        &b"Get"[..],
        b"Read",
        b"ConvertTo",
        b"ConvertFrom",
        b"New",
        b"Import",
        b"Export",
    ];
    parts.next().is_some_and(|verb| verbs.contains(&verb))
        && parts.next().is_some_and(is_part)
        && parts.next().is_none()
}

/// `string password = 3;`: the number of a field of Protocol Buffers.
pub(super) fn is_field_number(text: &[u8], key: Key, found: Extent) -> bool {
    let value = part(text, found.start, found.end);
    let type_end = key.start.saturating_sub(1);
    value.len() <= 4
        && value.iter().all(u8::is_ascii_digit)
        && at(text, found.end) == b';'
        && at(text, type_end) == b' '
        && before(text, type_end).is_ascii_lowercase()
}

/// A small number, or one beside the number of what failed.
pub(super) fn is_count(text: &[u8], found: Extent) -> bool {
    let value = part(text, found.start, found.end);
    let next = run_end(text, found.end, 2, |byte| b", ".contains(&byte));
    let others = [&b"fail"[..], b"warn", b"error", b"skip", b"total"];
    value.iter().all(u8::is_ascii_digit)
        && (value.len() <= 3
            || others
                .iter()
                .any(|other| starts_with_word(text, next, other)))
}

/// What is said of the word before: `nonce mismatch`, `unbound variable`, `command not found`. Sorted.
static SAID: List = List::of(&[
    "denied",
    "disabled",
    "exceeded",
    "expired",
    "failed",
    "incorrect",
    "invalid",
    "mismatch",
    "missing",
    "not",
    "parameter",
    "rejected",
    "required",
    "unavailable",
    "unreachable",
    "variable",
]);

/// `pass: command not found`, `passphrase: tried passphrase …`: the value is a word of a sentence.
pub(super) fn is_in_sentence(text: &[u8], found: Extent) -> bool {
    let value = part(text, found.start, found.end);
    // `token: Code: 403`
    if at(text, found.end) == b':' && at(text, found.end + 1) == b' ' {
        let is_capital = value.first().is_some_and(u8::is_ascii_uppercase);
        return is_capital && is_word_like(value) || is_noun(value);
    }
    // `JWT: exp 1712345678 is before now`
    if value.len() <= 3 && value.iter().all(u8::is_ascii_lowercase) && at(text, found.end) == b' ' {
        return true;
    }
    // `renames password -> passphrase`, `cannot fetch token: Post "https://x": dial tcp`
    let is_lower = value.iter().all(u8::is_ascii_lowercase);
    let is_before_quote = at(text, found.end) == b' ' && b"\"'`".contains(&at(text, found.end + 1));
    let is_method = matches!(value, b"Get" | b"Post" | b"Put" | b"Patch" | b"Delete");
    if is_noun(value) || (is_lower || is_method) && is_before_quote {
        return true;
    }
    let next = skip_spaces(text, found.end);
    let next_end = run_end(text, next, 16, |byte| byte.is_ascii_alphabetic());
    let next_word = part(text, next, next_end);
    let is_short = value.len() <= 8 && is_word_like(value);
    if next == found.end || !is_short && !is_action(value) {
        return false;
    }
    // `Referer checking failed`, `policy check failed`
    let third = skip_spaces(text, next_end);
    let third_end = run_end(text, third, 16, |byte| byte.is_ascii_lowercase());
    let is_told =
        || next_word.len() >= 4 && third > next_end && SAID.has(part(text, third, third_end));
    (is_lower || !is_short) && (SAID.has(next_word) || is_noun(next_word)) || is_told()
}

/// `validation`, `checking`, `Referer`: what is done, or who does it.
fn is_action(value: &[u8]) -> bool {
    let ends = ["tion", "sion", "ing", "ment", "ance", "ence", "ity"];
    (6..=16).contains(&value.len())
        && is_word_like(value)
        && (matches!(value, b"Referer" | b"referer" | b"header")
            || ends.iter().any(|end| value.ends_with(end.as_bytes())))
}

/// `auth-token==2.1`: a package and its version.
pub(super) fn is_requirement(text: &[u8], found: Extent) -> bool {
    let value = part(text, found.start, found.end);
    let is_version = |byte: &u8| byte.is_ascii_digit() || b".*".contains(byte);
    before(text, found.start) == b'='
        && b"=~<>!".contains(&before(text, found.start - 1))
        && value.contains(&b'.')
        && value.iter().all(is_version)
}

/// `<AuthMethod.PASSWORD: 1>` is a member of an enumeration, `'wrong password': 41` counts events.
pub(super) fn is_numbered(text: &[u8], key: Key, found: Extent) -> bool {
    let value = part(text, found.start, found.end);
    let is_member = before(text, key.start) == b'<' && value.ends_with(b">");
    let value = value.strip_suffix(b">").unwrap_or(value);
    let is_event = before(text, key.start) == b' ' && b"'\"".contains(&at(text, key.end));
    // `sasl_passwd:4: …` is a line of a file.
    let is_line = before(text, found.start) == b':' && starts_with(text, found.end, b": ");
    value.len() <= 4 && value.iter().all(u8::is_ascii_digit) && (is_member || is_event || is_line)
}

/// `password for bob: aborted by user`: what became of it.
pub(super) fn is_participle(text: &[u8], from: usize) -> bool {
    let end = run_end(text, from, 16, |byte| byte.is_ascii_lowercase());
    let next = skip_spaces(text, end);
    let next_end = run_end(text, next, 16, |byte| byte.is_ascii_lowercase());
    part(text, from, end).ends_with(b"ed") && next > end && is_prose(part(text, next, next_end))
}

/// `token: dictionary<values=string>`: a type and its parameters.
pub(super) fn is_type(text: &[u8], found: Extent) -> bool {
    !found.quoted
        && at(text, found.end) == b'<'
        && at(text, found.end + 1).is_ascii_alphabetic()
        && part(text, found.start, found.end)
            .iter()
            .all(u8::is_ascii_lowercase)
}
