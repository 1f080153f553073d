//! Passwords in SQL statements.

use super::key_value::{Key, redact_at, word_before};
use super::lexicon::{self, Class};
use super::placeholder::{is_placeholder, is_prose};
use super::separator::value_start;
use super::shape::{holds_made_up, is_camel, is_made_up, is_opaque};
use super::text::{
    at, before, is_name, part, run_end, run_start, skip_spaces, starts_with, starts_with_word,
};
use super::value::{self, Extent, Site};
use super::{Scan, change, operand, quote};

/// `PASSWORD '…'`, `IDENTIFIED BY '…'`, `SET PASSWORD FOR u = '…'`; whether there was a value.
pub(super) fn sql(scan: &mut Scan<'_>, key: Key) -> bool {
    let start = skip_spaces(scan.text, key.end);
    if start == key.end {
        return false;
    }
    let list = [&b"in ("[..], b"in("]
        .into_iter()
        .find(|word| starts_with_word(scan.text, start, word));
    if let Some(list) = list {
        return operand::arguments(scan, start + list.len(), is_listed);
    }
    // `CREATE SECRET kafka_password AS '…'`
    let is_named = word_before(scan.text, key.start.saturating_sub(1), b"SECRET");
    if is_named && starts_with_word(scan.text, start, b"as ") {
        let value = skip_spaces(scan.text, start + 3);
        return redact_at(scan, key, value, Site::default());
    }
    if key.class == Class::Identified {
        identified(scan, key, start)
    } else if starts_with_word(scan.text, start, b"for ") {
        set_password(scan, key, start + 4)
    } else {
        literal(scan, key, start)
    }
}

/// Whether one of `token IN ('…', '…')` is a value, not a word.
fn is_listed(_: usize, word: &[u8]) -> bool {
    is_opaque(word, 8) || is_made_up(word, 6)
}

/// `IDENTIFIED BY '…'`, `IDENTIFIED WITH plugin BY '…'`, `IDENTIFIED BY PASSWORD '…'`.
fn identified(scan: &mut Scan<'_>, key: Key, mut start: usize) -> bool {
    let text = scan.text;
    if starts_with_word(text, start, b"with ") {
        let plugin = skip_spaces(text, start + 5);
        start = skip_spaces(text, run_end(text, plugin, 64, |byte| byte > b' '));
    }
    if !starts_with_word(text, start, b"by ") {
        return false;
    }
    start = skip_spaces(text, start + 3);
    if starts_with_word(text, start, b"password ") {
        start = skip_spaces(text, start + 9);
    }
    // "identified by its name" is a sentence.
    if key.name(text) != b"IDENTIFIED" && quote::open(text, start).is_none() {
        return false;
    }
    let key = Key {
        class: Class::Strong,
        ..key
    };
    let site = Site {
        equals: true,
        ..Site::default()
    };
    // The password that this one takes the place of.
    let old = scan
        .quoted(start, site)
        .map(|new| skip_spaces(text, new.after));
    let replace = b"replace ";
    if let Some(old) = old.filter(|old| starts_with_word(text, *old, replace)) {
        redact_at(scan, key, skip_spaces(text, old + replace.len()), site);
    }
    redact_at(scan, key, start, site)
}

/// The rest of `SET PASSWORD FOR 'user'@'host' = '…'`.
fn set_password(scan: &mut Scan<'_>, key: Key, from: usize) -> bool {
    let text = scan.text;
    let user = skip_spaces(text, from);
    let user_end = run_end(text, user, 96, |byte| byte > b' ' && byte != b'=');
    let equals = skip_spaces(text, user_end);
    if at(text, equals) != b'=' {
        return false;
    }
    let site = Site {
        equals: true,
        ..Site::default()
    };
    let start = value_start(text, equals + 1);
    // `password for cn=bob` names somebody.
    let is_set = equals > user_end || quote::open(text, start).is_some();
    is_set && redact_at(scan, key, start, site)
}

/// `PASSWORD '…'`. A quoted word behind `secret` or `token` is oftener a name than a value.
fn literal(scan: &mut Scan<'_>, key: Key, start: usize) -> bool {
    let text = scan.text;
    let is_national = matches!(at(text, start), b'N' | b'E' | b'n' | b'e');
    let start = start + usize::from(is_national && at(text, start + 1) == b'\'');
    let is_quote =
        quote::open(text, start).is_some() && b"\"'\\\xc2\xe2".contains(&at(text, start));
    if !is_quote || key.class != Class::Strong {
        return false;
    }
    let site = Site {
        doubtful: true,
        ..Site::default()
    };
    let Some(found) = value::extent(text, start, site) else {
        return false;
    };
    let word = part(text, found.start, found.end);
    let name = key.name(text);
    let is_password = name.len() >= 4 && name[..4].eq_ignore_ascii_case(b"pass")
        || name.ends_with(b"SecureString")
        || name.eq_ignore_ascii_case(b"psk");
    let is_compound = !lexicon::is_noun(name) && (name.contains(&b'_') || is_camel(name));
    let is_sentence = word.contains(&b' ') && is_prose(first_word(word));
    let fits = (is_password
        || is_compound
        || is_item(text, key, found)
        || is_judged(text, found.after) && holds_made_up(word))
        && !is_sentence
        && !is_placeholder(word);
    if fits || is_opaque(word, 8) {
        let found = scan.whole(start, found, site);
        scan.redact(found.start, found.end);
        change::arrow(scan, found);
        return true;
    }
    false
}

/// `secret "…" is too short`: what is said of a value, not of a name.
fn is_judged(text: &[u8], from: usize) -> bool {
    let said = [
        &b" does not match"[..],
        b" is too ",
        b" is invalid",
        b" is not valid",
        b" is wrong",
        b" was refused",
        b" was rejected",
        b" has expired",
    ];
    said.iter().any(|words| starts_with(text, from, words))
}

/// `(TYPE s3, SECRET '…', REGION '…')`: one of several options in brackets.
fn is_item(text: &[u8], key: Key, found: Extent) -> bool {
    let begins = run_start(text, key.start, 4, |byte| byte == b' ' || byte == b'\n');
    let ends = skip_spaces(text, found.after);
    !key.name(text).iter().any(u8::is_ascii_lowercase)
        && b"(,".contains(&before(text, begins))
        && b"),".contains(&at(text, ends))
}

fn first_word(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == b' ').next().unwrap_or_default()
}

/// `CONNECT TO database USER bob USING 'hunter2'`, a statement of DB2 and Informix.
pub(super) fn connect(scan: &mut Scan<'_>, name: &[u8], end: usize) -> bool {
    let text = scan.text;
    if !name.eq_ignore_ascii_case(b"connect") || !starts_with_word(text, end, b" to ") {
        return false;
    }
    let line = run_end(text, end, 128, |byte| byte != b'\n');
    let using = b" using ";
    let find = |what: &[u8]| {
        part(text, end, line)
            .windows(what.len())
            .position(|part| part.eq_ignore_ascii_case(what))
    };
    // `CONNECT TO bob IDENTIFIED BY secret USING 'orders'` names a database.
    let place = find(using).filter(|_| find(b" identified ").is_none());
    if let Some(place) = place {
        let (start, stop) = operand::word(text, end + place + using.len());
        let mark = quote::mark_len(text, start);
        let inside = |byte: u8| byte > b' ' && !b"\"';".contains(&byte);
        let stop = run_end(text, start + mark, stop - start, inside);
        let word = part(text, start + mark, stop);
        let is_user = find(b" user ").is_some_and(|user| user < place);
        if !is_placeholder(word) && (is_user || is_made_up(word, 6)) {
            scan.redact_unless_done(start + mark, stop);
        }
    }
    place.is_some()
}

/// `s3('https://host/*.parquet', 'AKIA…', '…', 'Parquet')`: a function that reads a table from an address,
/// which stands from `head` to `end`.
pub(super) fn table(scan: &mut Scan<'_>, head: usize, end: usize) {
    let text = scan.text;
    if at(text, end) != b'\'' || at(text, end + 1) != b',' {
        return;
    }
    let bracket = head.saturating_sub(2);
    let name = run_start(text, bracket, 16, is_name);
    let name = part(text, name, bracket);
    let stores = [
        "s3",
        "s3cluster",
        "gcs",
        "oss",
        "cosn",
        "deltalake",
        "iceberg",
        "hudi",
    ];
    let is_store = |store: &&str| name.eq_ignore_ascii_case(store.as_bytes());
    if at(text, bracket) == b'(' && stores.iter().any(is_store) {
        operand::arguments(scan, end + 1, |_, word| is_opaque(word, 16));
    }
}
