//! The columns of an `INSERT` and its rows, and what a database says about a row.

use super::key_value::Key;
use super::shape::LONGEST;
use super::table::{Columns, HEADER, ROWS};
use super::text::{
    at, before, is_name, part, run_end, run_start, skip_spaces, starts_with, starts_with_word,
};
use super::{Scan, bound};

/// `(name, password) VALUES ('bob', 'hunter2'), (…)`; whether the key is a column of it.
pub(super) fn scan(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let is_inside = |byte: u8| is_name(byte) || b" \n\t,.\"`[]-".contains(&byte);
    let first = run_start(text, key.start, HEADER, is_inside);
    let close = run_end(text, key.end, HEADER, is_inside);
    let values = run_end(text, close + 1, 8, |byte| byte.is_ascii_whitespace());
    let is_detail = starts_with(text, close, b")=(");
    if before(text, first) != b'(' || !(is_detail || starts_with_word(text, values, b"values")) {
        return false;
    }
    scan.table_until = close;
    let mut columns = Columns::default();
    for name in part(text, first, close).split(|byte| *byte == b',') {
        let name = name.trim_ascii();
        let name = name.strip_prefix(b"\"").unwrap_or(name);
        columns.add(
            scan.policy
                .classify(name.strip_suffix(b"\"").unwrap_or(name)),
        );
    }
    if is_detail {
        return detail(scan, close + 3, columns);
    }
    let mut from = values + b"values".len();
    for _ in 0..ROWS {
        let open = run_end(text, from, 8, |byte| {
            byte.is_ascii_whitespace() || byte == b','
        });
        if at(text, open) != b'(' {
            break;
        }
        from = tuple(scan, open + 1, columns);
        scan.table_until = from;
    }
    if let Some(open) = bound::open(text, from) {
        tuple(scan, open, columns);
    }
    true
}

/// `(id, token)=(7, …)`: what a database says about a row; its texts have no quotes.
fn detail(scan: &mut Scan<'_>, mut from: usize, columns: Columns) -> bool {
    let text = scan.text;
    for column in 0..columns.count {
        let start = skip_spaces(text, from);
        let end = run_end(text, start, LONGEST, |byte| !b",)\n".contains(&byte));
        if columns.is_secret(column, part(text, start, end)) {
            scan.redact(start, end);
        }
        from = text.len().min(end + 1);
    }
    true
}

/// Behind the closing bracket of one row.
fn tuple(scan: &mut Scan<'_>, mut from: usize, columns: Columns) -> usize {
    let text = scan.text;
    for column in 0..columns.count.max(1) {
        let start = run_end(text, from, 8, |byte| byte.is_ascii_whitespace());
        let start = start
            + usize::from(matches!(at(text, start), b'N' | b'E') && at(text, start + 1) == b'\'');
        let quote = at(text, start);
        let end = if matches!(quote, b'\'' | b'"') {
            let end = run_end(text, start + 1, usize::MAX, |byte| {
                byte != quote && byte != b'\n'
            });
            if columns
                .exact()
                .is_secret(column, part(text, start + 1, end))
            {
                scan.redact(start + 1, end);
            }
            end + 1
        } else {
            start
        };
        let next = run_end(text, end, LONGEST, |byte| !b",)'\"\n".contains(&byte));
        from = next + 1;
        if at(text, next) != b',' {
            break;
        }
    }
    from.min(text.len())
}
