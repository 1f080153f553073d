//! Whether the value of a key is a secret.

use super::base64::trim_padding;
use super::bytes::Bytes;
use super::hash::{is_fingerprint, names_an_algorithm};
use super::homonym::{is_count, is_field_number, is_in_sentence, is_numbered, is_requirement};
use super::host::is_certain_host;
use super::key_value::{Key, word_before};
use super::lexicon::{self, Class};
use super::name::Name;
use super::placeholder::{is_masked, is_placeholder, is_prose, is_sentence};
use super::reference::{names_a_file, names_a_source, names_an_entry, refers};
use super::shape::{is_made_up, is_opaque, is_path, is_random, is_uuid};
use super::template::printed;
use super::text::{at, before, ends_with_word, is_name, part, run_end, starts_with_word};
use super::value::{Extent, List, Site};
use super::{code, lexeme, quantity, remark, url_path, word_verdict, words};

const ALPHANUMERIC: Bytes = Bytes::alphanumeric_and(b"-_.");
const BASE64: Bytes = Bytes::alphanumeric_and(b"+/_-");

/// A few letters and a blank: too short for what a doubtful key needs.
pub(super) fn is_word(text: &[u8], from: usize) -> bool {
    let end = run_end(text, from, 8, |byte| {
        byte.is_ascii_alphabetic() || byte == b':' || byte == b','
    });
    end > from && end < from + 8 && at(text, end) == b' '
}

/// Whether the value of this key has to go.
pub(super) fn is_secret(text: &[u8], key: Key, found: Extent, site: Site, in_prose: bool) -> bool {
    let value = part(text, found.start, found.end);
    match key.class {
        _ if value.starts_with(b"arn:") || is_fingerprint(key.name(text), value) => false,
        Class::Weak | Class::Query if names_an_algorithm(value) || code::is_hex(value) => false,
        Class::Weak | Class::Query if is_pair_of_its_own(value) || is_url_with_login(value) => {
            false
        }
        // The address is read as one.
        Class::Weak if is_login_at_host(value) && ends_with_word(key.name(text), b"dsn") => false,
        Class::Weak if has_password(value) && is_login(key.name(text)) => true,
        // The secret of an AppRole.
        Class::Weak if is_uuid(value) => {
            let name = key.name(text);
            let is_header = starts_with_word(name, 0, b"x-") && ends_with_word(name, b"-session");
            is_header || ends_with_word(name, b"secret_id") || name == b"SecretID"
        }
        Class::Weak if is_digits(value) && is_one_time(key.name(text)) => true,
        Class::Weak | Class::Query if !found.quoted && names_a_cache(key.name(text), value) => {
            false
        }
        // The name of an object in a store.
        Class::Query if value.contains(&b'/') && url_path::is_file(value) => false,
        Class::Query => is_opaque(value, if site.list == List::Query { 8 } else { 20 }),
        // A list is judged by its items.
        Class::Weak if found.quoted && printed(value).is_none() => value
            .split(|byte| b"\"', ".contains(byte))
            .any(|item| is_opaque(item, 12) || is_plural(text, key) && is_made_up(item, 7)),
        // `--password-command="echo hunter2"`.
        Class::Weak => match printed(value) {
            Some(word) => is_made_up(word, 6),
            None => is_opaque(value, 12) || site.list == List::Query && is_opaque(value, 8),
        },
        // Most of what is asked below is about words, signs and code.
        _ if (is_alphanumeric(value) || is_base64(value)) && !has_other_sense(text, key, found) => {
            !words::LITERALS.has(value)
                && !is_masked(value)
                && !lexeme::is_one(text, key, found)
                && !quantity::is_one(text, found, site)
                && (site.equals || !lexeme::is_parser_token(text, key, value))
        }
        // What follows has a sign or a digit.
        _ if value.iter().all(u8::is_ascii_alphabetic) => {
            word_verdict::is_secret(text, key, found, site, in_prose)
        }
        // The grammar of URLs takes out the login and leaves the address.
        _ if is_url_with_login(value) => false,
        _ if names_an_entry(text, key, value, in_prose) => false,
        _ if names_a_source(text, key, value) => false,
        _ if in_prose && is_page(value) => false,
        _ if is_sentence(value)
            || is_status(text, key, value)
            || remark::is_one(text, key, found) =>
        {
            false
        }
        _ if is_placeholder(value) || names_a_file(text, key, value) => false,
        // `kubectl create secret --from-file=password=/run/x`.
        _ if is_path(value) && word_before(text, key.start.saturating_sub(1), b"file") => false,
        // `PWD=/home/x` is the working directory.
        _ if ends_with_word(key.name(text), b"pwd") && is_path(value) => false,
        _ if site.equals && is_field_number(text, key, found) => false,
        // `pass=3 fail=1` counts tests.
        _ if key.name(text).eq_ignore_ascii_case(b"pass") && is_count(text, found) => false,
        // `jwt: jwt malformed`, `token = token`
        _ if value.eq_ignore_ascii_case(key.name(text)) => false,
        _ if is_verdict(text, key, in_prose) => is_made_up(value, 6) || is_opaque(value, 8),
        _ if is_pair_of_its_own(value) || !site.equals && is_listed(text, key, value) => false,
        _ if !found.quoted && remark::is_next_field(text, key, found) => false,
        _ if !site.equals && lexeme::is_parser_token(text, key, value) => false,
        // `RequestToken: 6a1f…`: the name of a request.
        _ if is_uuid(value) && ends_with_word(key.name(text), b"requesttoken") => false,
        _ if refers(value) || code::is_one(text, found, site) => false,
        // `Credential=password:/etc/x`: where the one with this name is.
        _ if before(text, key.start) == b'=' && is_path(value) => false,
        _ if lexeme::is_one(text, key, found) => false,
        _ if is_requirement(text, found) || is_numbered(text, key, found) => false,
        _ if quantity::is_one(text, found, site) => false,
        _ if !found.quoted && code::is_cut_call(text, found) => false,
        _ if in_prose && is_in_sentence(text, found) => false,
        _ => !(in_prose && is_prose(value)),
    }
}

/// `PASS: name` is the verdict of a test.
pub(super) fn is_verdict(text: &[u8], key: Key, in_prose: bool) -> bool {
    in_prose && key.name(text) == b"PASS" && !b"|;,".contains(&before(text, key.start))
}

/// Letters and digits, joined or not: no word, and no number of a program.
fn is_alphanumeric(value: &[u8]) -> bool {
    (5..=64).contains(&value.len())
        && value.iter().all(|byte| ALPHANUMERIC.has(*byte))
        && (value.iter().any(u8::is_ascii_digit)
            || is_random(value) && value.iter().all(u8::is_ascii_alphabetic))
        && !value.starts_with(b"0x")
        && !is_uuid(value)
        && (!value.contains(&b'.') || is_opaque(value, 16))
}

/// Random letters and digits, and the signs that base64 has beside them.
fn is_base64(value: &[u8]) -> bool {
    let unpadded = trim_padding(value);
    (16..=128).contains(&value.len())
        && at(value, 0) != b'/'
        && unpadded.iter().any(u8::is_ascii_digit)
        && unpadded.iter().all(|byte| BASE64.has(*byte))
        && is_opaque(value, 16)
}

/// Whether what follows a value of letters and digits, or the key, says that it is none:
/// `pass: 12345`, `PASS: case12345`, `CREDS: Type1234 = 4`, `token12=token12`.
fn has_other_sense(text: &[u8], key: Key, found: Extent) -> bool {
    let name = key.name(text);
    name.eq_ignore_ascii_case(b"pass")
        || starts_with_word(text, found.end, b" = ")
        || name.eq_ignore_ascii_case(part(text, found.start, found.end))
}

/// `auth: API_TOKEN=…`: the value has a key, which is looked at next. `password: len=12` describes it.
fn is_pair_of_its_own(value: &[u8]) -> bool {
    let end = run_end(value, 0, 48, is_name);
    if at(value, end) == b'=' && words::DESCRIPTORS.has(&value[..end]) {
        let said = &value[end + 1..];
        let is_word = said
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || b"_-".contains(byte));
        return is_word || said.iter().all(u8::is_ascii_digit);
    }
    let is_variable =
        value[..end].contains(&b'_') && !value[..end].iter().any(u8::is_ascii_lowercase);
    is_variable && at(value, end) == b'=' && lexicon::classify(&value[..end]).is_some()
}

/// `credentials: user=bob password=…`: the pairs of a list are looked at one by one.
fn is_listed(text: &[u8], key: Key, value: &[u8]) -> bool {
    let end = run_end(value, 0, 32, |byte| {
        byte.is_ascii_alphabetic() || byte == b'_'
    });
    let names = [&b"credential"[..], b"credentials", b"creds"];
    end >= 3
        && at(value, end) == b'='
        && end + 1 < value.len()
        && names
            .iter()
            .any(|name| ends_with_word(key.name(text), name))
}

/// `reset your password: https://…`
fn is_page(value: &[u8]) -> bool {
    value.starts_with(b"https://") || value.starts_with(b"http://")
}

fn is_url_with_login(value: &[u8]) -> bool {
    let scheme = run_end(value, 0, 32, |byte| is_name(byte) || b"+.-".contains(&byte));
    scheme > 1 && starts_with_word(value, scheme, b"://") && value.contains(&b'@')
}

/// `user:password@host`
fn is_login_at_host(value: &[u8]) -> bool {
    let sign = value.iter().rposition(|byte| *byte == b'@');
    sign.is_some_and(|sign| value[..sign].contains(&b':') && is_certain_host(&value[sign + 1..]))
}

/// `key: node-modules-linux-7b2c8d1e0f9a4b5c`: words, and the hash of what was kept.
fn names_a_cache(name: &[u8], value: &[u8]) -> bool {
    let mut parts = value.rsplit(|byte| *byte == b'-');
    let hash = parts.next().unwrap_or_default();
    let is_word = |part: &[u8]| part.len() >= 3 && part.iter().all(u8::is_ascii_alphabetic);
    (name.eq_ignore_ascii_case(b"key") || name.eq_ignore_ascii_case(b"keys"))
        && hash.len() >= 8
        && hash.iter().all(u8::is_ascii_hexdigit)
        && parts.filter(|part| is_word(part)).count() >= 1
}

/// Of the plurals, only this one has no other meaning.
fn is_plural(text: &[u8], key: Key) -> bool {
    ends_with_word(key.name(text), b"passwords")
}

/// `cannot fetch token: 401 Unauthorized`.
fn is_status(text: &[u8], key: Key, value: &[u8]) -> bool {
    matches!(value, [b'4' | b'5', b'0'..=b'9', b'0'..=b'9'])
        && ends_with_word(key.name(text), b"token")
}

fn is_login(name: &[u8]) -> bool {
    let name = Name::new(name);
    name.words()
        .any(|word| matches!(word, b"auth" | b"basicauth" | b"login"))
}

/// Codes that are all digits.
fn is_one_time(name: &[u8]) -> bool {
    let name = Name::new(name);
    matches!(name.last_word().1, b"otp" | b"totp" | b"pin" | b"code")
}

fn is_digits(value: &[u8]) -> bool {
    (4..=10).contains(&value.len()) && value.iter().all(u8::is_ascii_digit)
}

/// `bob:hunter2`, `bob/hunter2`.
fn has_password(value: &[u8]) -> bool {
    if value.len() < 7 {
        return false;
    }
    let mut parts = value.splitn(2, |byte| matches!(byte, b':' | b'/'));
    let user = parts.next().unwrap_or_default();
    user.iter()
        .all(|byte| is_name(*byte) || matches!(byte, b'-' | b'.'))
        && parts.next().is_some_and(|password| is_made_up(password, 6))
}
