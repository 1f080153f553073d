//! Values that are code: a type, a path, a call, a variable, a number of a program.

use super::lexicon;
use super::placeholder::is_placeholder;
use super::shape::{is_made_up, is_opaque};
use super::text::{at, is_name, part, run_end, skip_spaces, starts_with};
use super::value::{self, Extent, Site};

/// A longer value is no code.
const LONGEST: usize = 96;

/// Whether the value is code that gets or describes the secret.
pub(super) fn is_one(text: &[u8], found: Extent, site: Site) -> bool {
    let value = part(text, found.start, found.end);
    if value.len() > LONGEST {
        return false;
    }
    is_number(value)
        || is_variable(value)
        || !found.quoted
            && (is_path(value)
                || is_macro(value)
                || is_member(value)
                || is_call(value)
                || !site.equals && is_type(text, found))
}

/// `token: String = "…"`: the value behind a type.
pub(super) fn after_type(text: &[u8], declared: Extent) -> Option<Extent> {
    let equals = skip_spaces(text, declared.after);
    let name = part(text, declared.start, declared.end);
    if at(text, equals) != b'=' || !(is_placeholder(name) || is_declared(name)) {
        return None;
    }
    let site = Site {
        equals: true,
        ..Site::default()
    };
    let found = value::extent(text, skip_spaces(text, equals + 1), site)?;
    let value = part(text, found.start, found.end);
    let is_constant = value
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b';');
    let is_harmless = is_constant
        || is_placeholder(value)
        || is_one(text, found, site)
        || !found.quoted && is_cut_call(text, found);
    (!is_harmless).then_some(found)
}

/// `1.3.6.1`, `3.40`, `0x04`, `#d0d0d0`: a version, an object's identifier, a constant, a colour.
fn is_number(value: &[u8]) -> bool {
    let is_hex = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    match value {
        [b'0', b'x', digits @ ..] => digits.len() <= 8 && is_hex(digits),
        [b'#', digits @ ..] => matches!(digits.len(), 3 | 6) && is_hex(digits),
        _ => {
            let mut parts = value.split(|byte| *byte == b'.');
            value.contains(&b'.')
                && parts.all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
        }
    }
}

/// `0x10000f3c2a70004`: a number of any length, as a pointer or a session of a program has it.
pub(super) fn is_hex(value: &[u8]) -> bool {
    matches!(value, [b'0', b'x', digits @ ..] if digits.len() <= 16 && digits.iter().all(u8::is_ascii_hexdigit))
}

/// `$encoded`: letters of one case only, as variables have them.
pub(super) fn is_variable(value: &[u8]) -> bool {
    matches!(value, [b'$', name @ ..] if name.len() >= 2
        && name.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_'))
}

/// `Token::String(text)`, `input.parse::<Token>()`.
fn is_path(value: &[u8]) -> bool {
    let name = run_end(value, 0, 64, |byte| is_name(byte) || byte == b'.');
    let next = at(value, name + 2);
    name > 0
        && starts_with(value, name, b"::")
        && (next.is_ascii_alphabetic() || next == b'<' || name + 2 == value.len())
        && !is_opaque(value, 16)
}

/// `Token![fn]`, `braced!(content in input)`.
fn is_macro(value: &[u8]) -> bool {
    let name = run_end(value, 0, 32, |byte| {
        byte.is_ascii_alphabetic() || byte == b'_'
    });
    name > 0 && at(value, name) == b'!' && b"([{".contains(&at(value, name + 1))
}

/// `self.refresh_grant`, `self[0]`, `Name.Function`.
fn is_member(value: &[u8]) -> bool {
    let mut parts = value.split(|byte| *byte == b'.');
    let is_class = |part: &[u8]| {
        part.len() >= 3
            && part[0].is_ascii_uppercase()
            && part[1..].iter().all(u8::is_ascii_alphabetic)
            && part[1].is_ascii_lowercase()
    };
    let of_self = [&b"self"[..], b"this", b"cls"]
        .iter()
        .any(|name| value.starts_with(name) && matches!(at(value, name.len()), b'.' | b'['));
    of_self && !is_opaque(value, 16) || value.contains(&b'.') && parts.all(is_class)
}

/// `private_key.private_bytes(`, `token1.child_token()`.
pub(super) fn is_call(value: &[u8]) -> bool {
    let name = run_end(value, 0, 64, |byte| is_name(byte) || byte == b'.');
    part(value, 0, name).contains(&b'.')
        && at(value, 0).is_ascii_alphabetic()
        && matches!(&value[name..], b"(" | b"(b" | b"()" | b"();")
}

/// `passwd = _raw_input(prompt, stream)`, `password = getpass(prompt="Database password: ")`: a call of
/// which the value has only the beginning, as there are blanks in it.
pub(super) fn is_cut_call(text: &[u8], found: Extent) -> bool {
    let name = run_end(text, found.start, 48, |byte| {
        is_name(byte) || b".:".contains(&byte)
    });
    let function = part(text, found.start, name);
    let is_path = function
        .first()
        .is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
        && (function.iter().any(|byte| b"_.".contains(byte))
            || !function.iter().any(u8::is_ascii_uppercase));
    if !is_path || name >= found.end || at(text, name) != b'(' {
        return false;
    }
    let close = run_end(text, name, 96, |byte| byte != b')' && byte != b'\n');
    let mut words = part(text, name, close).split(|byte| b" \"'`(=,:&*.".contains(byte));
    close >= found.end
        && at(text, close) == b')'
        && part(text, name, found.end).len() >= 2
        && !words.any(|word| is_opaque(word, 8) || is_made_up(word, 4))
        && !is_opaque(function, 12)
}

/// `cancellation_token: CancellationToken,`, `trait SigningKey: Sealed {`.
pub(super) fn is_type(text: &[u8], found: Extent) -> bool {
    let value = part(text, found.start, found.end);
    let is_name = value.first().is_some_and(u8::is_ascii_uppercase)
        && value.len() <= LONGEST
        && value.iter().all(u8::is_ascii_alphabetic)
        && value.iter().any(u8::is_ascii_lowercase);
    let is_followed = |what: &[u8]| starts_with(text, found.end, what);
    // `CREDS: c_int = 4;`
    if is_declared(value) && is_followed(b" = ") {
        return true;
    }
    is_name
        && (is_followed(b" {")
            || is_followed(b"`")
            || lexicon::classify(value) == Some(lexicon::Class::Strong)
                && [&b","[..], b")", b" = "]
                    .iter()
                    .any(|what| is_followed(what)))
}

/// Letters, digits and underscores, as a type without parameters has them.
fn is_declared(value: &[u8]) -> bool {
    value.len() <= 32
        && value.iter().all(|byte| is_name(*byte))
        && value.iter().filter(|byte| byte.is_ascii_digit()).count() <= 3
}
