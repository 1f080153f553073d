//! Values that say where the value is: `<your password>`, `$(cat /run/pw)`, `ENC[…]`, `<<EOF`.

use super::key_value::{Key, word_before};
use super::placeholder::is_placeholder;
use super::shape::{is_made_up, is_opaque, is_path};
use super::text::{
    at, ends_with_word, find, is_name, line_end, part, run_end, run_start, starts_with,
    starts_with_word,
};
use super::url_path;
use super::value::Extent;

/// Longest reference.
const LIMIT: usize = 128;

/// A reference at `from` that has blanks or commas inside, as a whole.
pub(super) fn extent(text: &[u8], from: usize) -> Option<Extent> {
    let close = match at(text, from) {
        b'<' => b'>',
        b'$' if at(text, from + 1) == b'(' => b')',
        // `${PASSWORD:?is not set}`
        b'$' if at(text, from + 1) == b'{' => b'}',
        b'E' if starts_with(text, from, b"ENC[") => b']',
        _ => return None,
    };
    let end = run_end(text, from, LIMIT, |byte| byte != close && byte != b'\n') + 1;
    // What has no blank is read with all that is joined to it.
    if close == b'}' && !part(text, from, end).contains(&b' ') {
        return None;
    }
    is_placeholder(part(text, from, end)).then(|| Extent::bare(from, end))
}

/// `request.getHeader("Authorization")`, `environ.get("TOKEN")`: a function that looks up what is named.
pub(super) fn is_lookup(function: &[u8]) -> bool {
    let end_of_path = function
        .iter()
        .rposition(|byte| matches!(byte, b'.' | b':'));
    let name = &function[end_of_path.map_or(0, |end| end + 1)..];
    let verbs = [
        &b"get"[..],
        b"fetch",
        b"read",
        b"load",
        b"find",
        b"lookup",
        b"env",
        b"require",
        b"resolve",
        b"param",
    ];
    verbs.iter().any(|verb| starts_with_word(name, 0, verb))
}

/// `<<EOF` and the lines up to the word: a text in a shell, in HCL, in Ruby.
pub(super) fn here_document(text: &[u8], from: usize) -> Option<Extent> {
    if !starts_with(text, from, b"<<") {
        return None;
    }
    let word = run_end(text, from + 2, 2, |byte| b"-~'\"".contains(&byte));
    let word_end = run_end(text, word, 16, |byte| byte.is_ascii_uppercase());
    let start = line_end(text, word_end) + 1;
    let name = part(text, word, word_end);
    let end = find(text, start, 4096, name).filter(|_| name.len() >= 2)?;
    Some(Extent::bare(start, end.saturating_sub(1).max(start)))
}

/// `cannot find the secret: team/database`: words with slashes between name an entry of a store.
///
/// `secrets versions access --secret=database` does, too.
pub(super) fn names_an_entry(text: &[u8], key: Key, value: &[u8], in_prose: bool) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_lowercase() || b"/_-".contains(byte);
    let name = key.name(text);
    if name != b"secret" && name != b"token" || !value.iter().all(is_word) {
        return false;
    }
    let line = run_start(text, key.start, 96, |byte| byte != b'\n');
    let is_told = [&b"such"[..], b"unknown", b"missing"]
        .iter()
        .any(|word| word_before(text, key.start.saturating_sub(1), word));
    // `secret="default/db-credentials"`: a namespace and a name.
    let parts = value.split(|byte| *byte == b'/').count();
    let is_quoted_name = !in_prose && name == b"secret" && parts == 2 && value[0] != b'/';
    is_quoted_name
        || in_prose && (value.contains(&b'/') && name == b"secret" || is_told)
        || key.is_option
            && name == b"secret"
            && part(text, line, key.start)
                .windows(8)
                .any(|part| part == b"secrets ")
}

/// `credentials=default`: where they come from.
pub(super) fn names_a_source(text: &[u8], key: Key, value: &[u8]) -> bool {
    let sources = [
        &b"default"[..],
        b"auto",
        b"include",
        b"omit",
        b"same-origin",
        b"anonymous",
        b"env",
        b"environment",
        b"inherit",
        b"instance",
        b"profile",
    ];
    let is_login = [&b"credentials"[..], b"credential", b"creds"]
        .iter()
        .any(|end| ends_with_word(key.name(text), end));
    // `creds: bob` is a user.
    let is_user = value.len() <= 8 && value.iter().all(u8::is_ascii_lowercase);
    is_login && is_user
        || ends_with_word(key.name(text), b"token") && sources.contains(&value)
        || is_login && sources.contains(&value)
}

/// `vault:secret/data/db#password`: the name of a store, and a path in it.
fn names_a_store(value: &[u8], scheme: usize) -> bool {
    let stores = [
        &b"vault"[..],
        b"ssm",
        b"secretsmanager",
        b"keyvault",
        b"awskms",
        b"sops",
    ];
    let mut names = value.split(|byte| b":/#".contains(byte));
    at(value, scheme) == b':'
        && value.contains(&b'/')
        && stores.contains(&&value[..scheme])
        && !names.any(|name| is_made_up(name, 6))
}

/// `op://vault/item/password`, `awssm://prod/db`: an address of a store without a login, and without
/// anything in it that could be a secret.
pub(super) fn refers(value: &[u8]) -> bool {
    let scheme = run_end(value, 0, 16, |byte| {
        byte.is_ascii_lowercase() || byte == b'+'
    });
    scheme >= 2
        && value.len() <= LIMIT
        && (starts_with(value, scheme, b"://") || names_a_store(value, scheme))
        && !value.contains(&b'@')
        && !value[scheme + 1..]
            .split(|byte| b"/?&=#".contains(byte))
            .any(|word| is_opaque(word, 8) || is_made_up(word, 10))
}

/// `private_key=/etc/ssl/key.pem`; a password that looks like a path stays a password.
pub(super) fn names_a_file(text: &[u8], key: Key, value: &[u8]) -> bool {
    let name = key.name(text);
    let named = [
        &b"key"[..],
        b"credentials",
        b"credential",
        b"creds",
        b"token",
    ];
    // `LoadCredential=name:/etc/credstore/name`
    let colon = run_end(value, 0, 64, |byte| is_name(byte) || b"-.".contains(&byte));
    let is_placed = || at(value, colon) == b':' && is_path(&value[colon + 1..]);
    let is_file = || {
        is_document(value)
            || is_placed()
            || is_path(value)
            || value.contains(&b'/') && is_script(value)
    };
    named.iter().any(|end| ends_with_word(name, end)) && is_file()
}

/// `token.txt`: a name without anything random, and what kind of file it is.
fn is_document(value: &[u8]) -> bool {
    let kinds = [
        &b"txt"[..],
        b"pem",
        b"key",
        b"json",
        b"crt",
        b"cer",
        b"yml",
        b"yaml",
        b"toml",
        b"p12",
        b"jks",
        b"pfx",
        b"env",
        b"conf",
    ];
    let dot = value.iter().rposition(|byte| *byte == b'.');
    dot.is_some_and(|dot| {
        kinds.contains(&&value[dot + 1..])
            && value[..dot]
                .iter()
                .all(|byte| byte.is_ascii_lowercase() || b"_-".contains(byte))
    })
}

/// `bin/setup.sh`, `keys/server.pem`
fn is_script(value: &[u8]) -> bool {
    value
        .iter()
        .all(|byte| is_name(*byte) || b"-./".contains(byte))
        && url_path::is_file(value)
        && !is_opaque(value, 12)
}
