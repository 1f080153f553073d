//! Passwords in SQL statements: `PASSWORD '…'`, `IDENTIFIED BY '…'`, `INSERT INTO t (…) VALUES (…)`.

use crate::candidate::{Claim, Key};
use crate::lexer::Kind;
use crate::rules::keys::{Flag, KeyKind};
use crate::rules::sentences::{Binding, IDENTIFIED_OTHERWISE, IDENTIFIED_WORDS, ROWS_WORDS};
use crate::rules::structures::SQL_PASSWORD;
use crate::scan::{Scan, Tried};
use crate::score::{Bond, Context, look};
use crate::text::{before, part};
use crate::value::{self, Site};

/// How many rows and columns are read.
const ROWS: usize = 64;
const COLUMNS: usize = 64;

/// The place after an unquoted name and a blank.
fn argument(scan: &mut Scan<'_>, key: Key) -> Option<usize> {
    let is_apart = key.quote.is_none() && scan.tokens.kind(key.after) == Kind::Blank;
    is_apart.then(|| scan.tokens.skip_blanks(key.after))
}

/// `IDENTIFIED BY '…'`, `IDENTIFIED WITH plugin BY '…'`, `IDENTIFIED BY PASSWORD '…'`.
pub(crate) fn identified(scan: &mut Scan<'_>, key: Key) -> Option<Claim> {
    if key.meaning.kind != KeyKind::Identified {
        return None;
    }
    let mut place = argument(scan, key)?;
    let name = part(scan.text, key.start, key.end);
    let is_statement = name.iter().all(u8::is_ascii_uppercase);
    let mut seen_by = false;
    for _ in 0..4 {
        let tokens = &mut scan.tokens;
        let is_quoted = tokens.opens_quote(place);
        let is_by = tokens.is_word(place, IDENTIFIED_WORDS);
        let is_other = tokens.is_word(place, IDENTIFIED_OTHERWISE);
        if seen_by && (is_quoted || !is_by) {
            let found = value::value(tokens, place, Site::assigned(key.place))?;
            return (is_quoted || is_statement && !is_other).then_some(Claim {
                value: found,
                rule: Some(key.meaning.rule),
                context: Context::new(KeyKind::Password, Bond::Structure),
            });
        }
        if is_quoted {
            // The plugin.
            place = tokens.close(place)?;
        }
        seen_by |= is_by;
        place = tokens.skip_blanks(place + 1);
    }
    None
}

/// `PASSWORD '…'`. A quoted word after `secret` or `token` is more often a name than a value.
pub(crate) fn literal(scan: &mut Scan<'_>, key: Key) -> Option<Claim> {
    let place = argument(scan, key)?;
    if !scan.tokens.opens_quote(place) || key.meaning.kind == KeyKind::Identified {
        return None;
    }
    let found = value::quoted(&mut scan.tokens, place)?;
    let name = part(scan.text, key.start, key.end);
    // `to pass 'x' as a value`
    let is_verb = key.meaning.is_only(Flag::Verb, name)
        && name.iter().all(u8::is_ascii_lowercase)
        && before(scan.text, key.start) != b':';
    let is_code = before(scan.text, found.start) == b'`';
    if is_verb && (is_code || !look(found.bytes(scan.text)).is_made_up()) {
        return None;
    }
    let is_statement = before(scan.text, key.start) == b':'
        || !name.iter().any(u8::is_ascii_lowercase)
        || name.iter().any(|byte| b"_.".contains(byte));
    let (rule, bond) = if is_statement {
        (SQL_PASSWORD, Bond::Structure)
    } else {
        (key.meaning.rule, Bond::Sign(Binding::Colon))
    };
    let is_certain = is_statement || key.meaning.kind == KeyKind::Password;
    let kind = if is_certain {
        key.meaning.kind
    } else {
        KeyKind::Context
    };
    Some(Claim {
        value: found,
        rule: Some(rule),
        context: Context::new(kind, bond),
    })
}

/// `INSERT INTO users (name, password) VALUES ('bob', '…')`.
pub(crate) fn insert(scan: &mut Scan<'_>, key: Key) -> Tried {
    let Some((mut at, column)) = rows(scan, key) else {
        return Tried::Nothing;
    };
    let mut tried = Tried::Nothing;
    for _ in 0..ROWS {
        at = scan.tokens.skip_lines(at + 1);
        let Some(cell) = value::item(&mut scan.tokens, at, column) else {
            break;
        };
        if let Some(value) = value::value(&mut scan.tokens, cell, Site::from(at)) {
            let context = Context::new(key.meaning.kind, Bond::Structure);
            if scan.judge_value(value, SQL_PASSWORD, context) == Tried::Found {
                tried = Tried::Found;
            }
        }
        let Some(end) = scan.tokens.close(at) else {
            break;
        };
        at = scan.tokens.skip_lines(end + 1);
        if !scan.tokens.is_sign(at, b',') {
            break;
        }
    }
    tried
}

/// The place before the first row of values, and the column of a name.
fn rows(scan: &mut Scan<'_>, key: Key) -> Option<(usize, usize)> {
    let tokens = &mut scan.tokens;
    let next = tokens.skip_blanks(key.after);
    if !matches!(tokens.kind(next), Kind::Sign(b',') | Kind::Close(b')')) {
        return None;
    }
    // The bracket around the names, and the place of this one in it.
    let mut column = 0;
    let mut open = key.place.checked_sub(1)?;
    while tokens.kind(open) != Kind::Open(b'(') {
        match tokens.kind(open) {
            Kind::Sign(b',') => column += 1,
            Kind::Word | Kind::Blank | Kind::Quote | Kind::Line => {}
            _ => return None,
        }
        open = open
            .checked_sub(1)
            .filter(|_| key.place - open < 2 * COLUMNS)?;
    }
    let close = tokens.close(open)?;
    let at = tokens.skip_lines(close + 1);
    // `Key (email, token)=(bob, …)`
    if !tokens.is_sign(at, b'=') && !tokens.is_word(at, ROWS_WORDS) {
        return None;
    }
    Some((at, column))
}
