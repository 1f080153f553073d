//! Keys whose value follows without `=` or `:`: options, SQL, XML, calls, netrc, sentences.

use super::key_value::{Key, is_secret, named_value, redact_at, value_start, word_before};
use super::lexicon::{self, Class};
use super::shape::{is_opaque, is_placeholder, is_prose, is_word_like};
use super::text::{
    at, before, find, is_break, is_name, run_end, run_start, skip_spaces, starts_with,
    starts_with_word,
};
use super::value::{self, Extent, Site};
use super::{Scan, quote};

/// Words between a noun and its value in a sentence.
const FILLERS: &[&str] = &[
    "is", "was", "provided", "given", "used", "value", "of", "equals", "to", "set", "got",
    "received", "supplied", "valid", "not",
];

/// `mark` is the length of the quote mark behind the key.
pub(super) fn scan(scan: &mut Scan<'_>, key: Key, mark: usize) {
    let text = scan.text;
    let behind = key.end + mark;
    let done = xml(scan, key, behind)
        || option(scan, key, mark)
        || named(scan, key, behind)
        || (mark > 0 && tuple(scan, key, behind))
        || fields(scan, key, behind)
        || (mark == 0 && (call(scan, key) || sql(scan, key) || netrc(scan, key)));
    if !done && mark == 0 && key.class == Class::Strong && at(text, key.end) != b'(' {
        sentence(scan, key);
    }
}

/// `Secret { inner: "…" }`.
fn fields(scan: &mut Scan<'_>, key: Key, behind: usize) -> bool {
    let brace = skip_spaces(scan.text, behind);
    if at(scan.text, brace) != b'{' || key.class != Class::Strong {
        return false;
    }
    if let Some(found) = value::field(scan.text, brace)
        && is_secret(scan.text, key, found, Site::default(), false)
    {
        scan.redact(found.start, found.end);
    }
    true
}

/// `{"key": "api_key", "value": "…"}`, `- name: TOKEN` and `value: …` on the next line.
fn named(scan: &mut Scan<'_>, key: Key, behind: usize) -> bool {
    let Some(start) = named_value(scan.text, behind) else {
        return false;
    };
    let key = match key.class {
        // The pair is explicit, so a doubtful name needs no more proof than usual.
        Class::Query => Key {
            class: Class::Weak,
            ..key
        },
        _ => key,
    };
    redact_at(scan, key, start, Site::default())
}

/// `<password>…</password>`, `<property name="password">…`, `<name>password</name><value>…`.
fn xml(scan: &mut Scan<'_>, key: Key, behind: usize) -> bool {
    let text = scan.text;
    let opener = run_start(text, key.start, 32, |byte| is_name(byte) || byte == b':');
    let in_tag = before(text, opener) == b'<';
    let content = if starts_with(text, behind, b"</") && before(text, key.start) == b'>' {
        let close = find(text, behind, 48, b">");
        close.and_then(|close| {
            let next = run_end(text, close + 1, 64, |byte| byte.is_ascii_whitespace());
            (at(text, next) == b'<')
                .then(|| find(text, next, 48, b">"))
                .flatten()
        })
    } else if at(text, behind) == b'>' && (in_tag || behind > key.end) {
        Some(behind)
    } else if in_tag && is_break(text, behind) {
        find(text, behind, 160, b">").filter(|&close| before(text, close) != b'/')
    } else {
        None
    };
    let Some(content) = content else { return false };
    let cdata = b"<![CDATA[";
    let start = content
        + 1
        + if starts_with(text, content + 1, cdata) {
            cdata.len()
        } else {
            0
        };
    let end = run_end(text, start, usize::MAX, |byte| {
        !matches!(byte, b'<' | b']' | b'\n')
    });
    let found = Extent {
        start,
        end,
        after: end,
        quoted: true,
    };
    if end > start && is_secret(text, key, found, Site::default(), false) {
        scan.redact(start, end);
    }
    true
}

/// `--password value`, `"--token", "value"`.
fn option(scan: &mut Scan<'_>, key: Key, mark: usize) -> bool {
    let text = scan.text;
    let behind = key.end + mark;
    if !key.is_option || !(is_break(text, behind) || at(text, behind) == b',') {
        return false;
    }
    let comma = run_end(text, behind, 1, |byte| byte == b',');
    let start = skip_line_blanks(text, comma);
    let site = Site {
        equals: true,
        ..Site::default()
    };
    let is_next_option =
        at(text, start) == b'-' && (at(text, start + 1) == b'-' || is_break(text, start + 2));
    let Some(found) = value::extent(text, start, site).filter(|_| !is_next_option) else {
        return true;
    };
    let word = &text[found.start..found.end];
    let is_text = !found.quoted && is_prose(word) || word.starts_with(b"--");
    if !is_text && is_secret(text, key, found, site, false) {
        scan.redact(found.start, found.end);
    }
    true
}

/// An argument list printed one per line is still one list.
fn skip_line_blanks(text: &[u8], from: usize) -> usize {
    if at(text, from.saturating_sub(1)) == b',' {
        run_end(text, from, 64, |byte| byte.is_ascii_whitespace())
    } else {
        skip_spaces(text, from)
    }
}

/// `('password', '…')`, `[b"authorization", b"Bearer …"]`: exactly two, the first is the key.
fn tuple(scan: &mut Scan<'_>, key: Key, behind: usize) -> bool {
    let text = scan.text;
    let open = run_start(text, key.start, 4, |byte| b"b\"'`\\&u".contains(&byte));
    if at(text, behind) != b',' || !matches!(before(text, open), b'(' | b'[') {
        return false;
    }
    let start = run_end(text, behind + 1, 64, |byte| byte.is_ascii_whitespace());
    let site = Site {
        doubtful: true,
        ..Site::default()
    };
    let Some(found) = value::extent(text, start, site).filter(|found| found.quoted) else {
        return false;
    };
    let word = &text[found.start..found.end];
    if !matches!(at(text, found.after), b')' | b']') || is_column(word) {
        return false;
    }
    redact_at(scan, key, start, Site::default())
}

/// `created_at` beside `password` in a list of columns.
fn is_column(word: &[u8]) -> bool {
    is_word_like(word)
        || word
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || *byte == b'_')
}

/// `Password("…")`, `set_token('…')`.
fn call(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    // `t.pass("…")` is a test.
    if at(text, key.end) != b'(' || key.name(text).ends_with(b".pass") {
        return false;
    }
    let start = skip_spaces(text, key.end + 1);
    let quote = quote::open(text, start);
    let word = quote.map(|quote| {
        let start = start + quote.len;
        &text[start..run_end(text, start, 32, |byte| is_name(byte))]
    });
    // `add_credentials('name', 'password')` names its arguments.
    word.is_some_and(|word| !key.name(text).ends_with(b"credentials") || !is_column(word))
        && redact_at(scan, key, start, Site::default())
}

/// `PASSWORD '…'`, `IDENTIFIED BY '…'`, `SET PASSWORD FOR u = '…'`.
fn sql(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let mut start = skip_spaces(text, key.end);
    if start == key.end {
        return false;
    }
    if key.class == Class::Identified {
        // `IDENTIFIED WITH plugin BY '…'`.
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
        let is_statement = key.name(text) == b"IDENTIFIED" || quote::open(text, start).is_some();
        if !is_statement {
            return false;
        }
        let strong = Key {
            class: Class::Strong,
            ..key
        };
        return redact_at(
            scan,
            strong,
            start,
            Site {
                equals: true,
                ..Site::default()
            },
        );
    }
    if starts_with_word(text, start, b"for ") {
        let user = skip_spaces(text, start + 4);
        let behind = skip_spaces(
            text,
            run_end(text, user, 96, |byte| byte > b' ' && byte != b'='),
        );
        return at(text, behind) == b'=' && {
            let site = Site {
                equals: true,
                ..Site::default()
            };
            redact_at(scan, key, value_start(text, behind + 1), site)
        };
    }
    let prefix = usize::from(
        matches!(at(text, start), b'N' | b'E' | b'n' | b'e') && at(text, start + 1) == b'\'',
    );
    let start = start + prefix;
    if !matches!(at(text, start), b'\'' | b'"') || key.class != Class::Strong {
        return false;
    }
    let site = Site {
        doubtful: true,
        ..Site::default()
    };
    let Some(found) = value::extent(text, start, site) else {
        return false;
    };
    let word = &text[found.start..found.end];
    let name = key.name(text);
    let is_password = name.len() >= 4 && name[..4].eq_ignore_ascii_case(b"pass");
    let is_compound = !lexicon::is_noun(name) && name.iter().any(|byte| *byte == b'_');
    let is_sentence = word.iter().any(|byte| *byte == b' ') && is_prose(first_word(word));
    if is_opaque(word, 8) || (is_password || is_compound) && !is_sentence && !is_placeholder(word) {
        let found = value::whole(text, start, found, site);
        scan.redact(found.start, found.end);
        return true;
    }
    false
}

fn first_word(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == b' ').next().unwrap_or_default()
}

/// `login user password …`.
fn netrc(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let login_end = run_start(text, key.start, 4, |byte| byte.is_ascii_whitespace());
    let login = run_start(text, login_end, 64, |byte| byte > b' ');
    let space = run_start(text, login, 4, |byte| byte.is_ascii_whitespace());
    let is_login = [&b"login"[..], b"user", b"account"]
        .iter()
        .any(|w| word_before(text, space, w));
    if !is_login || space == login || !key.name(text).eq_ignore_ascii_case(b"password") {
        return false;
    }
    let start = skip_spaces(text, key.end);
    let end = run_end(text, start, 256, |byte| byte > b' ');
    if start == key.end || end == start || is_prose(&text[start..end]) {
        return false;
    }
    redact_at(scan, key, start, Site::default())
}

/// `API key provided: …`, `token … was revoked`, `the password is …`: a value that looks random.
fn sentence(scan: &mut Scan<'_>, key: Key) {
    let text = scan.text;
    let mut start = skip_spaces(text, key.end);
    let mut stated = false;
    for _ in 0..4 {
        let end = run_end(text, start, 16, |byte| byte.is_ascii_alphabetic());
        let word = &text[start..end];
        if !FILLERS
            .iter()
            .any(|filler| word.eq_ignore_ascii_case(filler.as_bytes()))
        {
            break;
        }
        stated = [&b"is"[..], b"was", b"equals"].contains(&word);
        let colon = run_end(text, end, 1, |byte| matches!(byte, b':' | b'='));
        start = skip_spaces(text, colon);
    }
    if start == key.end {
        return;
    }
    let site = Site {
        doubtful: true,
        ..Site::default()
    };
    let Some(found) = value::extent(text, start, site) else {
        return;
    };
    let word = &text[found.start..found.end];
    let mixed = word.iter().any(u8::is_ascii_digit)
        && word.iter().any(u8::is_ascii_alphabetic)
        && word
            .iter()
            .all(|byte| is_name(*byte) || b"!@#$%^&*+-".contains(byte));
    if is_opaque(word, 8) || stated && mixed && word.len() >= 8 {
        let found = value::whole(text, start, found, site);
        scan.redact(found.start, found.end);
    }
}
