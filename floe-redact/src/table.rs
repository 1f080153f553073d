//! Tables: a column whose name announces secrets, and `INSERT INTO t (…) VALUES (…)`.

use std::ops::Range;

use crate::candidate::Key;
use crate::lexer::Kind;
use crate::rules::keys::KeyKind;
use crate::rules::structures::{SQL_PASSWORD, TABLE_CELL};
use crate::scan::Scan;
use crate::score::{Bond, Context, is_prose};
use crate::text::{part, run_end};
use crate::value::{self, Site};

/// How many rows and columns are read.
const ROWS: usize = 64;
const COLUMNS: usize = 64;
/// A longer line is no header, and no row.
const LONGEST_HEADER: usize = 512;
const LONGEST_ROW: usize = 4096;
/// How much of a header's cell may stand before the name in it.
const LONGEST_LEAD: usize = 24;

/// Whether the name is a column's.
pub(crate) fn scan(scan: &mut Scan<'_>, key: Key) -> Option<()> {
    if matches!(
        key.meaning.kind,
        KeyKind::Authorization | KeyKind::Cookie | KeyKind::Identified | KeyKind::Context
    ) {
        return None;
    }
    insert(scan, key).or_else(|| {
        [b'|', b'\t', b';', b',']
            .into_iter()
            .find_map(|delimiter| rows(scan, key, delimiter))
    })
}

/// The end of the line, no more than a number of bytes on.
fn row_end(text: &[u8], from: usize, limit: usize) -> usize {
    run_end(text, from, limit, |byte| !matches!(byte, b'\n' | b'\r'))
}

/// The cells of a line, without blanks and quotes around them.
fn cells(text: &[u8], line: Range<usize>, delimiter: u8) -> Vec<Range<usize>> {
    let mut cells = Vec::new();
    let mut start = line.start;
    let mut quote = 0;
    for at in line.clone() {
        let byte = text[at];
        if quote != 0 {
            quote = if byte == quote { 0 } else { quote };
        } else if matches!(byte, b'"' | b'\'') && part(text, start, at).trim_ascii().is_empty() {
            quote = byte;
        } else if byte == delimiter && cells.len() < COLUMNS {
            cells.push(start..at);
            start = at + 1;
        }
    }
    cells.push(start..line.end);
    let is_around = |at: usize| text[at] <= b' ' || matches!(text[at], b'"' | b'\'');
    for cell in &mut cells {
        while cell.start < cell.end && is_around(cell.start) {
            cell.start += 1;
        }
        while cell.start < cell.end && is_around(cell.end - 1) {
            cell.end -= 1;
        }
    }
    cells
}

/// Lines of cells, the first of them names.
fn rows(scan: &mut Scan<'_>, key: Key, delimiter: u8) -> Option<()> {
    let text = scan.text;
    let back = key.start.saturating_sub(LONGEST_HEADER);
    let begin = memchr::memrchr(b'\n', &text[back..key.start]).map_or(back, |at| back + at + 1);
    let head_end = row_end(text, key.end, LONGEST_HEADER);
    let names = cells(text, begin..head_end, delimiter);
    let is_list = matches!(delimiter, b',' | b';');
    let is_name = |(index, name): (usize, &Range<usize>)| {
        let name = &text[name.clone()];
        let is_sentence = is_list && (name.is_empty() || index > 0 && name.contains(&b' '));
        let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"_- .#/+|:".contains(byte);
        name.len() <= 40 && !is_sentence && name.iter().all(is_letter)
    };
    if names.len() < 2 || !names.iter().enumerate().all(is_name) {
        return None;
    }
    let is_key = |name: &Range<usize>| name.start <= key.start && key.end <= name.end;
    let column = names.iter().position(is_key)?;
    if key.start > names[column].start + LONGEST_LEAD {
        return None;
    }
    let context = Context::new(key.meaning.kind, Bond::Structure);
    let mut found = None;
    let mut end = head_end;
    for _ in 0..ROWS {
        let start = end
            + if text[end..].starts_with(b"\r\n") {
                2
            } else {
                1
            };
        if start >= text.len() {
            break;
        }
        end = row_end(text, start, LONGEST_ROW);
        let is_rule = |byte: &u8| b"|-+=: ".contains(byte);
        if text[start..end].iter().all(is_rule) && end > start {
            continue;
        }
        let row = cells(text, start..end, delimiter);
        if row.len() != names.len() {
            break;
        }
        let value = row[column].clone();
        if !is_prose(&text[value.clone()]) && !value.is_empty() {
            let judged = scan.judge(value.start, value.end, TABLE_CELL, context);
            found = found.or(judged);
        }
    }
    // What follows the header is rows, read once.
    if found.is_some() {
        scan.keys_until = scan.keys_until.max(head_end);
    }
    found
}

/// `INSERT INTO users (name, password) VALUES ('bob', '…')`.
fn insert(scan: &mut Scan<'_>, key: Key) -> Option<()> {
    let tokens = &mut scan.tokens;
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
    let mut at = tokens.skip_lines(close + 1);
    // `Key (email, token)=(bob, …)`
    if tokens.is_sign(at, b'=') && tokens.kind(at + 1) == Kind::Open(b'(') {
        return cell(scan, key, at + 1, column);
    }
    if !tokens.is_word(at, &["values"]) {
        return None;
    }
    let mut found = None;
    for _ in 0..ROWS {
        at = scan.tokens.skip_lines(at + 1);
        if scan.tokens.kind(at) != Kind::Open(b'(') {
            break;
        }
        found = cell(scan, key, at, column).or(found);
        let Some(end) = scan.tokens.close(at) else {
            break;
        };
        at = scan.tokens.skip_lines(end + 1);
        if !scan.tokens.is_sign(at, b',') {
            break;
        }
    }
    // The values may be parameters: `VALUES (?, ?)`, and then `[parameters: ('bob', '…')]`.
    found.or_else(|| {
        let open = (at..at + 48).find(|&open| {
            matches!(scan.tokens.kind(open), Kind::Open(b'(' | b'['))
                && scan.tokens.opens_quote(open + 1)
        })?;
        cell(scan, key, open, column)
    })
}

/// The value of a column in a row of values.
fn cell(scan: &mut Scan<'_>, key: Key, open: usize, column: usize) -> Option<()> {
    let tokens = &mut scan.tokens;
    let end = tokens.close(open).unwrap_or(usize::MAX);
    let mut at = open + 1;
    let mut current = 0;
    while at < end && at < open + 512 {
        match tokens.get(at)?.kind {
            Kind::Sign(b',') => current += 1,
            Kind::Word | Kind::Sign(_) | Kind::Quote if current == column => {
                let found = value::value(tokens, at, Site::from(open))?;
                let context = Context {
                    quoted: found.quoted,
                    ..Context::new(key.meaning.kind, Bond::Structure)
                };
                return scan.judge(found.start, found.end, SQL_PASSWORD, context);
            }
            Kind::Quote if tokens.opens_quote(at) => at = tokens.close(at)?,
            Kind::Open(_) => at = tokens.close(at).unwrap_or(at),
            _ => {}
        }
        at += 1;
    }
    None
}
