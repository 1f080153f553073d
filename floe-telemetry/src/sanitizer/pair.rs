//! A key and its value as two texts in brackets: `('password', '…')`.

use super::key_value::{Key, redact_at};
use super::lexicon::Class;
use super::shape::{LONGEST, is_made_up, is_opaque, is_word_like};
use super::structure::LOGINS;
use super::text::{
    at, before, ends_with_word, is_name, part, run_end, run_start, skip_spaces, starts_with_word,
};
use super::value::Site;
use super::{Scan, call, container, lexicon, login};

/// `('password', '…')`, `[b"authorization", b"Bearer …"]`: exactly two, the first is the key.
pub(super) fn tuple(scan: &mut Scan<'_>, key: Key, behind: usize) -> bool {
    let text = scan.text;
    let open = run_start(text, key.start, 4, |byte| b"b\"'`\\&u# :".contains(&byte));
    if at(text, behind) != b',' {
        return false;
    }
    if !matches!(before(text, open), b'(' | b'[' | b'{') {
        return listed(scan, key, open, behind);
    }
    let start = run_end(text, behind + 1, 64, |byte| byte.is_ascii_whitespace());
    let site = Site {
        doubtful: true,
        ..Site::default()
    };
    let near = part(text, 0, text.len().min(start + 4 * LONGEST));
    let quoted = scan
        .quoted(start, site)
        .or_else(|| container::wrapped(near, start));
    let Some(found) = quoted.filter(|found| found.quoted) else {
        return call::bare(scan, start);
    };
    let word = part(text, found.start, found.end);
    let close = run_end(text, found.after, 2, |byte| matches!(byte, b'>' | b' '));
    let is_login = before(text, open) == b'{' && LOGINS.has(key.name(text));
    if is_login && login::tuple(scan, close) {
        return true;
    }
    // Of more than two, only what nobody would name something.
    let is_last = matches!(at(text, close), b')' | b']' | b'}');
    let is_mixed = is_made_up(word, 7) && word.iter().any(u8::is_ascii_uppercase);
    if !is_last && !is_opaque(word, 8) && !is_mixed
        || is_column(word) && !is_certain_pair(text, key, open, close)
    {
        return false;
    }
    // `["AUTH", "…"]` is a command of Redis.
    let class = if key.name(text) == b"AUTH" {
        Class::Strong
    } else {
        key.class
    };
    redact_at(scan, Key { class, ..key }, start, Site::default())
}

/// `['Host', 'db', 'X-Api-Key', '…']`: names and values in turns.
fn listed(scan: &mut Scan<'_>, key: Key, open: usize, behind: usize) -> bool {
    let text = scan.text;
    let site = Site {
        doubtful: true,
        ..Site::default()
    };
    let start = skip_spaces(text, behind + 1);
    let may_be = key.class == Class::Strong && matches!(before(text, open), b',' | b'\n');
    let found = may_be
        .then(|| scan.quoted(start, site))
        .flatten()
        .filter(|found| is_opaque(part(text, found.start, found.end), 16));
    if let Some(found) = found {
        scan.redact_unless_done(found.start, found.end);
    }
    found.is_some()
}

/// `(password, "…")`, `{password, "…"}`: the key has no quotes.
pub(super) fn bare(scan: &mut Scan<'_>, key: Key, behind: usize) -> bool {
    let text = scan.text;
    if at(text, behind) != b',' {
        return false;
    }
    // `{:token, "…"}`
    let atom = run_start(text, key.start, 1, |byte| byte == b':');
    if matches!(before(text, atom), b'{' | b'(') {
        return tuple(scan, key, behind);
    }
    // `[Smtp:Password, hunter2]`
    let open = run_start(text, key.start, 48, |byte| {
        is_name(byte) || b".:".contains(&byte)
    });
    let start = skip_spaces(text, behind + 1);
    let end = run_end(text, start, 128, |byte| {
        byte > b' ' && !b",[]\"'".contains(&byte)
    });
    let word = part(text, start, end);
    let line = run_end(text, start, 128, |byte| byte > b' ');
    // `configuration property: s3.secret, hunter2`
    let is_told = before(text, open.saturating_sub(1)) == b':'
        && before(text, open) == b' '
        && end == line
        && matches!(at(text, line), 0 | b'\n');
    let is_pair = before(text, open) == b'[' && at(text, end) == b']';
    let fits = (is_pair || is_told) && (is_made_up(word, 6) || is_opaque(word, 8));
    if fits {
        scan.redact_unless_done(start, end);
    }
    fits
}

/// `Token(value=…, issuedAt=7)`: the field of a record that has the value; `start` is behind the bracket.
pub(super) fn record(scan: &mut Scan<'_>, start: usize) -> bool {
    let text = scan.text;
    let end = run_end(text, start, 12, |byte| byte.is_ascii_alphabetic());
    if at(text, end) != b'=' || !CONTENTS.contains(&part(text, start, end)) {
        return false;
    }
    let stop = run_end(text, end + 1, 256, |byte| {
        byte > b' ' && !b",)]\"'".contains(&byte)
    });
    let word = part(text, end + 1, stop);
    let fits = b",)]".contains(&at(text, stop)) && (is_made_up(word, 6) || is_opaque(word, 8));
    if fits {
        scan.redact_unless_done(end + 1, stop);
    }
    fits
}

/// `Password(hunter2)`, as a program shows a value of this type.
pub(super) fn constructed(scan: &mut Scan<'_>, key: Key, start: usize) -> bool {
    let text = scan.text;
    let end = run_end(text, start, 128, |byte| {
        byte > b' ' && !b"(),".contains(&byte)
    });
    let fits = key.name(text) == b"Password"
        && at(text, end) == b')'
        && is_made_up(part(text, start, end), 6);
    if fits {
        scan.redact_unless_done(start, end);
    }
    fits
}

/// `Session(region='eu', aws_secret_access_key='…')`: arguments of which one has a key that is looked at
/// by itself, and the others stay.
pub(super) fn lists_keys(text: &[u8], from: usize) -> bool {
    let open = run_end(text, from, 48, |byte| is_name(byte) || byte == b'.');
    let end = run_end(text, open + 1, 24, is_name);
    if at(text, open) != b'(' || end == open + 1 || !b"=:".contains(&at(text, end)) {
        return false;
    }
    let close = run_end(text, end, 512, |byte| !b")\n".contains(&byte));
    let mut parts = part(text, open + 1, close).split(|byte| b"=:".contains(byte));
    parts.next_back();
    let mut names = parts.map(|part| &part[run_start(part, part.len(), 48, is_name)..]);
    // `Credentials(phrase='…', token=None)`: the secret may be what has an unknown name.
    let is_strong = |name: &[u8]| lexicon::classify(name) == Some(Class::Strong);
    let is_plain = |name: &[u8]| PLAIN.iter().any(|end| ends_with_word(name, end));
    names.clone().any(is_strong) && names.all(|name| is_strong(name) || is_plain(name))
}

/// How names of arguments end that have nothing to hide.
const PLAIN: &[&[u8]] = &[
    b"user",
    b"username",
    b"_id",
    b"region",
    b"region_name",
    b"host",
    b"hostname",
    b"port",
    b"type",
    b"algorithm",
    b"database",
    b"db",
    b"version",
    b"url",
    b"endpoint",
    b"account",
    b"tenant",
];

/// Names of a field that has what its record is about.
const CONTENTS: &[&[u8]] = &[
    b"value", b"token", b"raw", b"secret", b"text", b"plain", b"access", b"data", b"content",
];

/// One of several pairs in brackets, or the name of a constant.
fn is_certain_pair(text: &[u8], key: Key, open: usize, close: usize) -> bool {
    let is_constant = !key.name(text).iter().any(u8::is_ascii_lowercase);
    let next = run_end(text, close + 1, 2, |byte| matches!(byte, b',' | b' '));
    let bracket = open - 1;
    let previous = run_start(text, bracket, 2, |byte| matches!(byte, b',' | b' '));
    let is_listed = at(text, next) == at(text, bracket) && next > close + 1
        || before(text, previous) == at(text, close) && previous < bracket
        || before(text, bracket) == b'[';
    let function = run_start(text, bracket, 24, |byte| {
        byte.is_ascii_alphanumeric() || byte == b'_'
    });
    let function = part(text, function, bracket);
    let sets = [
        &b"set"[..],
        b"put",
        b"add",
        b"with",
        b"insert",
        b"append",
        b"define",
    ]
    .iter()
    .any(|verb| starts_with_word(function, 0, verb));
    // `addColumn("token", "uuid")` describes it.
    let describes = [
        &b"column"[..],
        b"field",
        b"index",
        b"label",
        b"argument",
        b"option",
        b"type",
        b"rule",
    ]
    .iter()
    .any(|what| {
        function
            .windows(what.len())
            .any(|part| part.eq_ignore_ascii_case(what))
    });
    at(text, bracket) == b'{' || is_constant || is_listed || sets && !describes
}

/// `created_at` beside `password` in a list of columns.
pub(super) fn is_column(word: &[u8]) -> bool {
    is_word_like(word)
        || word
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || *byte == b'_')
}
