//! Arguments: of functions that open a connection, `connect('host', 'user', 'password')`, of settings, of
//! constructors, of methods that are called by their name.

use super::host::is_certain_host;
use super::key_value::{Key, redact_at, word_before};
use super::lexicon::Class;
use super::operand;
use super::placeholder::is_placeholder;
use super::shape::{holds_made_up, is_made_up, is_opaque};
use super::signs::OPEN_SQUARE;
use super::text::{at, before, is_name, part, run_end, run_start, skip_spaces, starts_with};
use super::value::Site;
use super::word_list::Endings;
use super::{Scan, quote, sql};

/// Names that end like this connect, or log in.
static NAMES: Endings = Endings::of(&[
    "connect",
    "connection",
    "login",
    "logon",
    "signin",
    "authenticate",
    "pdo",
    "ftp",
    "minio",
    "_bind",
    "_bind_s",
    "sequelize",
    "mysqli",
    "ftp.open",
    "remote",
    "remotesecure",
]);

/// Whether the name is one of a function that connects.
pub(super) fn connects(name: &[u8]) -> bool {
    NAMES.has(name)
}

/// Behind the bracket of the call; `end` is behind the name of the function.
fn open(text: &[u8], name: &[u8], end: usize) -> Option<usize> {
    let constructor = [&b"->__construct"[..], b"::__construct", b"->connect"]
        .iter()
        .find(|mark| starts_with(text, end, mark))
        .map_or(0, |mark| mark.len());
    let open = end + constructor;
    // `EXEC sp_addlogin 'user', 'password'`
    let is_procedure =
        at(text, open) == b' ' && at(text, open + 1) == b'\'' && name.contains(&b'_');
    (at(text, open) == b'(' || is_procedure).then_some(open + 1)
}

/// Redacts the password among the arguments of the function with this name, which is one that connects;
/// whether there was one.
pub(super) fn scan(scan: &mut Scan<'_>, name: &[u8], end: usize) -> bool {
    let text = scan.text;
    let Some(open) = open(text, name, end) else {
        return sql::connect(scan, name, end);
    };
    let first = skip_spaces(text, open);
    let is_database = [&b"pdo"[..], b"PDO", b"getConnection"]
        .iter()
        .any(|known| name.ends_with(known));
    let address = is_database && has_address_and_user(scan, first);
    // `remote('host:9000', db.table, 'bob', 'secret')`
    let is_table = name.starts_with(b"remote");
    operand::arguments(scan, open, |place, word| {
        let fits = is_made_up(word, 6)
            || is_opaque(word, 8)
            || place > 2 && is_table && holds_made_up(word);
        // Behind the address of a database and a user any word is the password.
        place > 0 && !is_address(word) && (fits || address && place == 2 && word.len() >= 4)
    })
}

/// Whether the arguments from `first` on are an address and another quoted text.
fn has_address_and_user(scan: &mut Scan<'_>, first: usize) -> bool {
    let text = scan.text;
    let Some(mark) = quote::open(text, first) else {
        return false;
    };
    let start = first + mark.len;
    let (close, after) = scan.close(start, mark);
    let second = skip_spaces(text, after + 1);
    at(text, after) == b','
        && quote::open(text, second).is_some()
        && is_address(text.get(start..close).unwrap_or_default())
}

fn is_address(word: &[u8]) -> bool {
    let scheme = run_end(word, 0, 16, |byte| byte.is_ascii_alphanumeric());
    is_certain_host(word) || at(word, scheme) == b':' && scheme > 1 && word.len() > 8
}

/// `set(SSL_PASSWORD, "…")`, `curl_setopt($ch, CURLOPT_USERPWD, "…")`: the name of a setting in
/// capitals, and its value.
pub(super) fn constant(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    if at(text, key.end) != b',' || key.class != Class::Strong {
        return false;
    }
    let name = key.name(text);
    if !name.contains(&b'_') || name.iter().any(u8::is_ascii_lowercase) {
        return false;
    }
    let start = skip_spaces(text, key.end + 1);
    let site = Site {
        doubtful: true,
        ..Site::default()
    };
    let found = scan.quoted(start, site);
    found.is_some_and(|found| at(text, found.after) == b')')
        && redact_at(scan, key, start, Site::default())
}

/// `get('[name=password]').type('…')`, `find("password").send_keys("…")`: what a test types into a
/// field; `behind` is behind the quote of the field's name.
pub(super) fn typed(scan: &mut Scan<'_>, behind: usize) -> bool {
    let text = scan.text;
    let start = behind + usize::from(at(text, behind) == b')');
    let end = run_end(text, start, 16, |byte| {
        byte.is_ascii_alphabetic() || b"._".contains(&byte)
    });
    start > behind
        && at(text, start) == b'.'
        && at(text, end) == b'('
        && operand::arguments(scan, end + 1, |_, word| {
            is_made_up(word, 6) || is_opaque(word, 8)
        })
}

/// `Credentials::new("bob", "hunter2")`, `[NetworkCredential]::new('bob', 'hunter2')`; `from` is behind
/// the name of the type.
pub(super) fn constructor(scan: &mut Scan<'_>, from: usize) -> bool {
    let text = scan.text;
    let path = from + usize::from(at(text, from) == b']');
    if !starts_with(text, path, b"::") {
        return false;
    }
    let open = run_end(text, path + 2, 24, |byte| {
        byte.is_ascii_lowercase() || byte == b'_'
    });
    at(text, open) == b'('
        && operand::arguments(scan, open + 1, |_, word| {
            is_made_up(word, 6) || is_opaque(word, 8)
        })
}

/// `Password(hunter2A)`, `(password, hunter2A)`: the last word before a closing bracket, if nobody would
/// name something like it.
pub(super) fn bare(scan: &mut Scan<'_>, start: usize) -> bool {
    let text = scan.text;
    // `class PrivateKey(X25519Key):`
    let name = run_start(text, start, 64, |byte| is_name(byte) || byte == b'(');
    if word_before(text, name.saturating_sub(1), b"class") {
        return false;
    }
    // The last of several.
    let close = run_end(text, start, 96, |byte| !b"()[]{}\"'=\n".contains(&byte));
    let comma = part(text, start, close)
        .iter()
        .rposition(|byte| *byte == b',');
    let start = comma.map_or(start, |comma| skip_spaces(text, start + comma + 1));
    let end = run_end(text, start, 128, |byte| {
        byte > b' ' && !b",()[]{}\"'=".contains(&byte)
    });
    let word = part(text, start, end);
    let is_mixed = word.iter().any(u8::is_ascii_uppercase) && is_made_up(word, 7);
    // `(0xc000010000)` is an address.
    let is_opaque = is_opaque(word, 8) && !word.starts_with(b"0x");
    // `(KeyStore.java:42)` is a place in a source.
    let digits = run_start(text, end, 6, |byte| byte.is_ascii_digit());
    let is_place =
        digits < end && before(text, digits) == b':' && part(text, start, digits).contains(&b'.');
    let fits = at(text, end) == b')' && !is_place && (is_mixed || is_opaque);
    if fits {
        scan.redact_unless_done(start, end);
    }
    fits
}

/// `"…".toCharArray()`: how Java hands over a password; `dot` is behind the closing quote.
pub(super) fn characters(scan: &mut Scan<'_>, dot: usize) {
    let text = scan.text;
    let end = dot.saturating_sub(1);
    if !matches!(at(text, end), b'"') || dot == 0 {
        return;
    }
    let start = run_start(text, end, 128, |byte| byte != b'"' && byte != b'\n');
    let word = part(text, start, end);
    if before(text, start) == b'"' && word.len() >= 4 && !is_placeholder(word) {
        scan.redact_unless_done(start, end);
    }
}

/// `"method": "login", "params": ["bob", "…"]`, `"op": "auth", "args": ["…"]`; `behind` is behind the
/// quote of the method.
pub(super) fn parameters(scan: &mut Scan<'_>, key: Key, behind: usize) -> bool {
    let text = scan.text;
    let names = [&b"login"[..], b"auth", b"authenticate", b"signin"];
    let is_login = |name: &&[u8]| key.name(text).eq_ignore_ascii_case(name);
    if !scan.has(OPEN_SQUARE) || !names.iter().any(is_login) {
        return false;
    }
    let name = run_end(text, behind, 6, |byte| b"\\\"', ".contains(&byte));
    let is_list = [
        &b"params\""[..],
        b"args\"",
        b"arguments\"",
        b"params'",
        b"args'",
        b"args:",
    ]
    .iter()
    .any(|known| starts_with(text, name, known));
    if !is_list {
        return false;
    }
    let open = run_end(text, name, 16, |byte| byte != b'[');
    at(text, open) == b'['
        && operand::arguments(scan, open + 1, |_, word| {
            is_made_up(word, 6) || is_opaque(word, 8) || holds_made_up(word)
        })
}
