//! Passwords in SQL statements, and in lines of netrc.

use crate::candidate::{self, Key};
use crate::lexer::Kind;
use crate::rules::keys::KeyKind;
use crate::rules::sentences::Binding;
use crate::rules::structures;
use crate::scan::Scan;
use crate::score::{Bond, Context, Look, is_prose, look};
use crate::text::{is_one_of, part};
use crate::value::{self, Site};

/// `PASSWORD '…'`, `IDENTIFIED BY '…'`, `SET PASSWORD FOR u = '…'`, `login bob password …`.
pub(crate) fn scan(scan: &mut Scan<'_>, key: Key) -> bool {
    if key.quote.is_some() || scan.tokens.kind(key.after) != Kind::Blank {
        return false;
    }
    let next = scan.tokens.skip_blanks(key.after);
    if key.meaning.kind == KeyKind::Identified {
        return identified(scan, key, next);
    }
    set_password(scan, key, next) || netrc(scan, key, next) || literal(scan, key, next)
}

fn redact(scan: &mut Scan<'_>, key: Key, place: usize) -> bool {
    let site = Site {
        from: key.place,
        is_assigned: true,
        ..Site::default()
    };
    let Some(found) = value::value(&mut scan.tokens, place, site) else {
        return false;
    };
    let mut context = Context::structure(KeyKind::Password);
    context.quoted = found.quoted;
    let rule = if key.meaning.kind == KeyKind::Identified {
        key.meaning.rule
    } else {
        structures::SQL_PASSWORD
    };
    scan.judge(found.start, found.end, rule, context)
}

fn is_word(scan: &mut Scan<'_>, place: usize, words: &[&str]) -> bool {
    scan.tokens
        .word(place)
        .is_some_and(|word| is_one_of(word, words))
}

/// `IDENTIFIED BY '…'`, `IDENTIFIED WITH plugin BY '…'`, `IDENTIFIED BY PASSWORD '…'`.
fn identified(scan: &mut Scan<'_>, key: Key, mut place: usize) -> bool {
    let mut seen_by = false;
    for _ in 0..4 {
        if scan.tokens.opens_quote(place) {
            // The plugin may be quoted.
            if seen_by {
                let is_redacted = redact(scan, key, place);
                // `IDENTIFIED BY "new" REPLACE "old"`
                if let Some(close) = scan.tokens.close(place)
                    && is_word(scan, close + 2, &["replace"])
                {
                    redact(scan, key, close + 4);
                }
                return is_redacted;
            }
            place = scan.tokens.close(place).map_or(place, |close| close + 1);
        } else {
            let is_by = is_word(scan, place, &["by", "as", "password"]);
            if seen_by && !is_by {
                let is_upper = part(scan.text, key.start, key.end) == b"IDENTIFIED";
                let is_value = is_word(scan, place, &["values", "value", "externally", "globally"]);
                return is_upper && !is_value && redact(scan, key, place);
            }
            seen_by |= is_by;
            place += 1;
        }
        place = scan.tokens.skip_blanks(place);
    }
    false
}

/// The rest of `SET PASSWORD FOR 'user'@'host' = '…'`.
fn set_password(scan: &mut Scan<'_>, key: Key, place: usize) -> bool {
    if !is_word(scan, place, &["for"]) {
        return false;
    }
    (place + 2..place + 12)
        .find(|&at| scan.tokens.is_sign(at, b'=') || scan.tokens.kind(at) == Kind::Line)
        .filter(|&at| scan.tokens.is_sign(at, b'='))
        .is_some_and(|at| {
            let value = candidate::value_place(scan, at + 1);
            redact(scan, key, value)
        })
}

/// `login bob password …`
fn netrc(scan: &mut Scan<'_>, key: Key, place: usize) -> bool {
    let Some(login) = key.place.checked_sub(4) else {
        return false;
    };
    if !is_word(scan, login, &["login", "user", "account", "username"])
        || scan.tokens.kind(login + 1) != Kind::Blank
        || scan.tokens.kind(login + 3) != Kind::Blank
    {
        return false;
    }
    let Some(found) = value::value(
        &mut scan.tokens,
        place,
        Site {
            from: key.place,
            ..Site::default()
        },
    ) else {
        return false;
    };
    let context = Context {
        kind: key.meaning.kind,
        bond: Bond::Option,
        quoted: found.quoted,
        is_compound: false,
        quoted_key: false,
        in_query: false,
    };
    scan.judge(found.start, found.end, key.meaning.rule, context)
}

/// `PASSWORD '…'`. A quoted word behind `secret` or `token` is oftener a name than a value.
fn literal(scan: &mut Scan<'_>, key: Key, mut place: usize) -> bool {
    if is_word(scan, place, &["n", "e"]) && scan.tokens.opens_quote(place + 1) {
        place += 1;
    }
    if !scan.tokens.opens_quote(place) {
        return false;
    }
    let Some(found) = value::quoted(&mut scan.tokens, place) else {
        return false;
    };
    let word = part(scan.text, found.start, found.end);
    let name = part(scan.text, key.start, key.end);
    let is_keyword = crate::text::before(scan.text, key.start) == b':';
    let is_statement = is_keyword
        || name.iter().all(|byte| !byte.is_ascii_lowercase())
        || name.contains(&b'_')
        || name.contains(&b'.');
    let kind = if is_statement || key.meaning.kind == KeyKind::Password {
        key.meaning.kind
    } else {
        KeyKind::Context
    };
    let first = word.split(|byte| *byte == b' ').next().unwrap_or_default();
    if is_prose(first)
        || matches!(look(word), Look::Word | Look::Name)
            && !is_statement
            && key.meaning.kind != KeyKind::Password
    {
        return false;
    }
    let context = Context {
        kind,
        bond: if is_statement {
            Bond::Structure
        } else {
            Bond::Sign(Binding::Colon)
        },
        quoted: true,
        is_compound: false,
        quoted_key: false,
        in_query: false,
    };
    let rule = if is_statement {
        structures::SQL_PASSWORD
    } else {
        key.meaning.rule
    };
    scan.judge(found.start, found.end, rule, context)
}
