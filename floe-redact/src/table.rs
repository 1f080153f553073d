//! Tables: a column whose name announces secrets, and `INSERT INTO t (…) VALUES (…)`.

use crate::candidate::Key;
use crate::lexer::Kind;
use crate::rules::keys::KeyKind;
use crate::rules::structures;
use crate::scan::Scan;
use crate::score::{Context, is_prose};
use crate::text::{part, starts_with};
use crate::value::{self, Site};

/// How many rows and columns are read.
const ROWS: usize = 64;
const COLUMNS: usize = 64;
/// A longer line is no row.
const LONGEST_ROW: usize = 4096;

/// Whether the name is a column's.
pub(crate) fn scan(scan: &mut Scan<'_>, key: Key) -> bool {
    if matches!(
        key.meaning.kind,
        KeyKind::Authorization | KeyKind::Cookie | KeyKind::Identified | KeyKind::Context
    ) {
        return false;
    }
    insert(scan, key) || lines(scan, key)
}

/// A row of a text: the cells between delimiters.
fn cells(line: &[u8], delimiter: u8) -> Vec<(usize, usize)> {
    let mut cells = Vec::new();
    let mut start = 0;
    let mut quote = 0;
    for (index, &byte) in line.iter().enumerate() {
        if quote != 0 {
            quote = if byte == quote { 0 } else { quote };
        } else if matches!(byte, b'"' | b'\'')
            && (index == start || line[start..index].iter().all(|byte| *byte == b' '))
        {
            quote = byte;
        } else if byte == delimiter {
            cells.push((start, index));
            start = index + 1;
        }
        if cells.len() > COLUMNS {
            break;
        }
    }
    cells.push((start, line.len()));
    for (start, end) in &mut cells {
        while *start < *end && (line[*start] <= b' ' || matches!(line[*start], b'"' | b'\'')) {
            *start += 1;
        }
        while *start < *end && (line[*end - 1] <= b' ' || matches!(line[*end - 1], b'"' | b'\'')) {
            *end -= 1;
        }
    }
    cells
}

/// The end of a line, no more than a number of bytes on.
fn row_end(text: &[u8], from: usize, limit: usize) -> usize {
    let end = text.len().min(from + limit);
    memchr::memchr2(b'\n', b'\r', part(text, from, end)).map_or(end, |found| from + found)
}

/// Lines of cells, the first of them names.
fn lines(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let begin = memchr::memrchr(b'\n', part(text, key.start.saturating_sub(512), key.start))
        .map_or(key.start.saturating_sub(512), |at| {
            key.start.saturating_sub(512) + at + 1
        });
    let head_end = row_end(text, key.end, 512);
    let head = part(text, begin, head_end);
    if head_end >= text.len() {
        return false;
    }
    for delimiter in [b'|', b'\t', b';', b','] {
        let names = cells(head, delimiter);
        if names.len() < 2 || names.len() > COLUMNS {
            continue;
        }
        let is_list = matches!(delimiter, b',' | b';');
        let is_name = |&(start, end): &(usize, usize)| {
            end - start <= 40
                && !(is_list
                    && (start == end || start > names[0].0 && head[start..end].contains(&b' ')))
                && head[start..end]
                    .iter()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_- .#/+|:".contains(byte))
        };
        let column = names
            .iter()
            .position(|&(start, end)| begin + start <= key.start && key.end <= begin + end);
        let (Some(column), true) = (column, names.iter().all(is_name)) else {
            continue;
        };
        if begin + names[column].0 + 24 < key.start {
            continue;
        }
        let mut at = head_end;
        let mut found = false;
        for _ in 0..ROWS {
            let start = at + if starts_with(text, at, b"\r\n") { 2 } else { 1 };
            if start >= text.len() {
                break;
            }
            let end = row_end(text, start, LONGEST_ROW);
            let row = cells(part(text, start, end), delimiter);
            let is_rule = part(text, start, end)
                .iter()
                .all(|byte| b"|-+=: ".contains(byte))
                && end > start;
            at = end;
            if is_rule {
                continue;
            }
            if row.len() != names.len() {
                break;
            }
            let (from, to) = row[column];
            let value = part(text, start + from, start + to);
            if !value.is_empty() && !is_prose(value) {
                let mut context = Context::structure(key.meaning.kind);
                context.quoted = false;
                found |= scan.judge(start + from, start + to, structures::TABLE_CELL, context);
            }
        }
        // What follows the header is rows, read once.
        if found {
            scan.keys_until = scan.keys_until.max(head_end);
            return true;
        }
    }
    false
}

/// `INSERT INTO users (name, password) VALUES ('bob', '…')`.
fn insert(scan: &mut Scan<'_>, key: Key) -> bool {
    let tokens = &mut scan.tokens;
    // The bracket around the names, and the place of this one in it.
    let mut column = 0;
    let mut open = key.place;
    loop {
        let Some(before) = open
            .checked_sub(1)
            .filter(|_| key.place - open < 2 * COLUMNS)
        else {
            return false;
        };
        open = before;
        match tokens.kind(open) {
            Kind::Sign(b',') => column += 1,
            Kind::Open(b'(') => break,
            Kind::Word | Kind::Blank | Kind::Quote | Kind::Line => {}
            _ => return false,
        }
    }
    let Some(close) = tokens.close(open) else {
        return false;
    };
    let mut at = tokens.skip_lines(close + 1);
    // `Key (email, token)=(bob, …)`
    if tokens.is_sign(at, b'=') && tokens.kind(at + 1) == Kind::Open(b'(') {
        let end = tokens.close(at + 1).unwrap_or(usize::MAX);
        return cell(scan, at + 1, end, column, key);
    }
    if !tokens
        .word(at)
        .is_some_and(|word| word.eq_ignore_ascii_case(b"values"))
    {
        return false;
    }
    at = tokens.skip_lines(at + 1);
    let mut found = false;
    for _ in 0..ROWS {
        if scan.tokens.kind(at) != Kind::Open(b'(') {
            break;
        }
        let Some(end) = scan.tokens.close(at) else {
            // The text was cut.
            found |= cell(scan, at, usize::MAX, column, key);
            break;
        };
        found |= cell(scan, at, end, column, key);
        at = scan.tokens.skip_lines(end + 1);
        if !scan.tokens.is_sign(at, b',') {
            break;
        }
        at = scan.tokens.skip_lines(at + 1);
    }
    // The values may be parameters: `VALUES (?, ?)`, and then `[parameters: ('bob', '…')]`.
    if !found {
        for open in at..at + 48 {
            if matches!(scan.tokens.kind(open), Kind::Open(b'(' | b'['))
                && scan.tokens.opens_quote(open + 1)
            {
                let end = scan.tokens.close(open).unwrap_or(usize::MAX);
                return cell(scan, open, end, column, key);
            }
        }
    }
    found
}

/// The value of a column in a row of values.
fn cell(scan: &mut Scan<'_>, open: usize, end: usize, column: usize, key: Key) -> bool {
    let mut at = open + 1;
    let mut current = 0;
    while at < end && at < open + 512 {
        let Some(token) = scan.tokens.get(at) else {
            return false;
        };
        match token.kind {
            Kind::Sign(b',') => current += 1,
            Kind::Quote if scan.tokens.opens_quote(at) => {
                let close = scan.tokens.close(at);
                if current == column {
                    let Some(found) = value::quoted(&mut scan.tokens, at) else {
                        return false;
                    };
                    return scan.judge(
                        found.start,
                        found.end,
                        structures::SQL_PASSWORD,
                        Context::structure(KeyKind::Password).or(key.meaning.kind),
                    );
                }
                let Some(close) = close else {
                    return false;
                };
                at = close;
            }
            Kind::Open(_) => at = scan.tokens.close(at).unwrap_or(at),
            Kind::Word | Kind::Sign(_) if current == column => {
                let site = Site {
                    from: open,
                    ..Site::default()
                };
                let Some(found) = value::bare(&mut scan.tokens, at, site) else {
                    return false;
                };
                let mut context = Context::structure(key.meaning.kind);
                context.quoted = false;
                return scan.judge(found.start, found.end, structures::SQL_PASSWORD, context);
            }
            _ => {}
        }
        at += 1;
    }
    false
}
