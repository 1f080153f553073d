//! Passwords in SQL statements, and in lines of netrc.

use crate::candidate::{self, Key};
use crate::lexer::Kind;
use crate::rules::keys::KeyKind;
use crate::rules::sentences::Binding;
use crate::rules::structures::SQL_PASSWORD;
use crate::scan::Scan;
use crate::score::{Bond, Context, Look, is_prose, look};
use crate::text::{before, part};
use crate::value::{self, Site};

/// `PASSWORD '…'`, `IDENTIFIED BY '…'`, `login bob password …`.
pub(crate) fn scan(scan: &mut Scan<'_>, key: Key) -> Option<()> {
    if key.quote.is_some() || scan.tokens.kind(key.after) != Kind::Blank {
        return None;
    }
    let next = scan.tokens.skip_blanks(key.after);
    if key.meaning.kind == KeyKind::Identified {
        return identified(scan, key, next);
    }
    netrc(scan, key, next).or_else(|| literal(scan, key, next))
}

fn redact(scan: &mut Scan<'_>, key: Key, place: usize, rule: &'static str) -> Option<()> {
    let found = value::value(&mut scan.tokens, place, Site::assigned(key.place))?;
    let context = Context {
        quoted: found.quoted,
        ..Context::structure(KeyKind::Password)
    };
    scan.judge(found.start, found.end, rule, context)
}

/// `IDENTIFIED BY '…'`, `IDENTIFIED WITH plugin BY '…'`, `IDENTIFIED BY PASSWORD '…'`.
fn identified(scan: &mut Scan<'_>, key: Key, mut place: usize) -> Option<()> {
    let rule = key.meaning.rule;
    let mut seen_by = false;
    for _ in 0..4 {
        let tokens = &mut scan.tokens;
        if tokens.opens_quote(place) && seen_by {
            // `IDENTIFIED BY "new" REPLACE "old"`
            if let Some(close) = tokens.close(place)
                && tokens.is_word(close + 2, &["replace"])
            {
                let _ = redact(scan, key, close + 4, rule);
            }
            return redact(scan, key, place, rule);
        }
        if tokens.opens_quote(place) {
            // The plugin.
            place = tokens.close(place)?;
        } else {
            let is_by = tokens.is_word(place, &["by", "as", "password"]);
            if seen_by && !is_by {
                let is_value =
                    tokens.is_word(place, &["values", "value", "externally", "globally"]);
                let is_statement = part(scan.text, key.start, key.end) == b"IDENTIFIED";
                return (is_statement && !is_value)
                    .then(|| redact(scan, key, place, rule))
                    .flatten();
            }
            seen_by |= is_by;
        }
        place = scan.tokens.skip_blanks(place + 1);
    }
    None
}

/// `login bob password …`
fn netrc(scan: &mut Scan<'_>, key: Key, place: usize) -> Option<()> {
    let login = key.place.checked_sub(4)?;
    let tokens = &mut scan.tokens;
    if !tokens.is_word(login, &["login", "user", "account", "username"])
        || tokens.kind(login + 1) != Kind::Blank
        || tokens.kind(login + 3) != Kind::Blank
    {
        return None;
    }
    let context = Context::new(key.meaning.kind, Bond::Option);
    candidate::accept_at(scan, key, place, context)
}

/// `PASSWORD '…'`. A quoted word behind `secret` or `token` is oftener a name than a value.
fn literal(scan: &mut Scan<'_>, key: Key, mut place: usize) -> Option<()> {
    // `PASSWORD N'…'`
    place += usize::from(scan.tokens.is_word(place, &["n", "e"]));
    if !scan.tokens.opens_quote(place) {
        return None;
    }
    let found = value::quoted(&mut scan.tokens, place)?;
    let word = found.bytes(scan.text);
    let name = part(scan.text, key.start, key.end);
    let is_statement = before(scan.text, key.start) == b':'
        || !name.iter().any(u8::is_ascii_lowercase)
        || name.contains(&b'_')
        || name.contains(&b'.');
    let is_certain = is_statement || key.meaning.kind == KeyKind::Password;
    let first = word.split(|byte| *byte == b' ').next().unwrap_or_default();
    if is_prose(first) || !is_certain && matches!(look(word), Look::Word | Look::Name) {
        return None;
    }
    let (rule, bond) = if is_statement {
        (SQL_PASSWORD, Bond::Structure)
    } else {
        (key.meaning.rule, Bond::Sign(Binding::Colon))
    };
    let kind = if is_certain {
        key.meaning.kind
    } else {
        KeyKind::Context
    };
    let context = Context {
        quoted: true,
        ..Context::new(kind, bond)
    };
    scan.judge(found.start, found.end, rule, context)
}
