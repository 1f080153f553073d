//! Tables: a line of names and, below it, lines of values.
//!
//! A column is known by its name, so its cells are judged like the value of a key.

use super::key_value::Key;
use super::lexicon::Class;
use super::placeholder::{is_placeholder, is_prose};
use super::shape::{is_made_up, is_opaque};
use super::text::{at, before, is_name, is_redacted, part, run_end, run_start, skip_spaces};
use super::{Scan, insert};

/// Longest line of names, before and behind the key.
pub(super) const HEADER: usize = 512;

/// Rows of a table are read up to here, of those that have as many cells as there are names.
pub(super) const ROWS: usize = 256;

/// Longest row.
const ROW: usize = 2048;

/// What the values of each of the first 64 columns are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Columns {
    pub(super) count: usize,
    strong: u64,
    weak: u64,
    /// Values as a program writes them: no blank behind a comma.
    exact: bool,
}

impl Columns {
    /// The same columns, whose values stand as they were written.
    pub(super) fn exact(self) -> Self {
        Self {
            exact: true,
            ..self
        }
    }

    pub(super) fn add(&mut self, class: Option<Class>) {
        let bit = 1_u64.checked_shl(u32::try_from(self.count).unwrap_or(64));
        match class {
            Some(Class::Strong) => self.strong |= bit.unwrap_or(0),
            Some(_) => self.weak |= bit.unwrap_or(0),
            None => {}
        }
        self.count += 1;
    }

    pub(super) fn is_secret(&self, column: usize, cell: &[u8]) -> bool {
        let has = |columns: u64| column < 64 && columns & (1 << column) != 0;
        let (strong, weak) = (has(self.strong), has(self.weak));
        if !strong && !weak || cell.is_empty() || is_redacted(cell, 0) || is_placeholder(cell) {
            return false;
        }
        if weak {
            return is_opaque(cell, 12);
        }
        is_made_up(cell, 5) || is_opaque(cell, 8) || self.exact && !is_prose(cell)
    }
}

/// `behind` is behind the key and its quote; whether the key is a column.
pub(super) fn scan(scan: &mut Scan<'_>, key: Key, behind: usize) -> bool {
    let text = scan.text;
    if key.start < scan.table_until || key.is_option {
        return false;
    }
    let next = skip_spaces(text, behind);
    let may_be_column = matches!(at(text, next), b',' | b';' | b'|' | b'\n' | b'\r' | b')')
        || at(text, behind) == b'\t';
    if !may_be_column {
        return false;
    }
    let open = run_start(text, key.start, 8, |byte| b"\"'` \t".contains(&byte));
    let is_cell = |byte: u8| matches!(byte, b',' | b';' | b'|' | b'\n' | b'\r' | 0);
    let is_first = is_cell(before(text, open)) || part(text, open, key.start).contains(&b'\t');
    match (before(text, open), at(text, next)) {
        (b'(' | b',', b',' | b')') if insert::scan(scan, key) => true,
        (_, mark @ (b',' | b';' | b'|')) if is_first => lines(scan, key, mark),
        (mark @ (b',' | b';' | b'|'), b'\n' | b'\r') => lines(scan, key, mark),
        _ if at(text, behind) == b'\t' && is_first => lines(scan, key, b'\t'),
        (_, b'\n' | b'\r') if before(text, key.start) == b'\t' => lines(scan, key, b'\t'),
        _ => false,
    }
}

/// The cell at `from` without its blanks and quotes, and where the next one begins.
fn cell(text: &[u8], from: usize, end: usize, mark: u8) -> (usize, usize, usize) {
    let blank = |byte: u8| byte == b' ' || byte == b'\t' && mark != b'\t';
    let mut start = run_end(text, from, end - from, blank);
    let quote = at(text, start);
    if start < end && matches!(quote, b'"' | b'\'') && mark != b'|' {
        start += 1;
        let close = run_end(text, start, end - start, |byte| byte != quote);
        let next = run_end(text, close, end - close, |byte| byte != mark);
        return (start, close, next + 1);
    }
    let next = run_end(text, start, end - start, |byte| byte != mark);
    let stop = next - (next - run_start(text, next, next - start, blank));
    (start, stop.max(start), next + 1)
}

/// The lines below a line of names.
fn lines(scan: &mut Scan<'_>, key: Key, mark: u8) -> bool {
    let text = scan.text;
    // `bad file: user,password`
    let first = run_start(text, key.start, HEADER, |byte| {
        !matches!(byte, b'\n' | b':')
    });
    let first = first + usize::from(before(text, first) == b':' && at(text, first) == b' ');
    let end = run_end(text, key.end, HEADER, |byte| byte != b'\n' && byte != b'\r');
    scan.table_until = end;
    if !matches!(at(text, end), b'\n' | b'\r') {
        return false;
    }
    let Some(columns) = names(scan, first, end, mark) else {
        return false;
    };
    let mut found = false;
    let mut line = end;
    for _ in 0..ROWS {
        line = run_end(text, line, 2, |byte| matches!(byte, b'\n' | b'\r'));
        let end = run_end(text, line, ROW, |byte| !matches!(byte, b'\n' | b'\r'));
        let is_ruler = part(text, line, end)
            .iter()
            .all(|byte| b"-+|:= ".contains(byte));
        if line == end || !is_ruler && !row(scan, (line, end), mark, columns, &mut found) {
            break;
        }
        line = end;
        scan.table_until = end;
    }
    found
}

/// What the names say; `None` if something in the line is no name.
fn names(scan: &Scan<'_>, first: usize, end: usize, mark: u8) -> Option<Columns> {
    let text = scan.text;
    let may_have_blanks = matches!(mark, b'|' | b'\t');
    let mut columns = Columns {
        exact: may_have_blanks
            || !part(text, first, end)
                .windows(2)
                .any(|two| two == [mark, b' ']),
        ..Columns::default()
    };
    let mut from = first;
    while from <= end {
        let (start, stop, next) = cell(text, from, end, mark);
        let name = part(text, start, stop);
        let is_name =
            |byte: &u8| is_name(*byte) || b"-./".contains(byte) || may_have_blanks && *byte == b' ';
        let is_edge = mark == b'|' && (from == first || next > end);
        // What Airlift has in the place of a default.
        let is_dashes = mark == b'\t' && name == b"----";
        if name.len() > 48 || !name.iter().all(is_name) || name.is_empty() && !is_edge || is_dashes
        {
            return None;
        }
        // Beside `fail`, `pass` is a count.
        let is_count = name.eq_ignore_ascii_case(b"pass");
        let class = scan.policy.classify(name);
        columns.add(class.map(|class| if is_count { Class::Weak } else { class }));
        from = next;
    }
    (columns.count >= 2).then_some(columns)
}

/// Whether the line has as many cells as there are columns.
fn row(
    scan: &mut Scan<'_>,
    (first, end): (usize, usize),
    mark: u8,
    columns: Columns,
    found: &mut bool,
) -> bool {
    let text = scan.text;
    let cells = |each: &mut dyn FnMut(usize, usize, usize)| {
        let (mut from, mut count) = (first, 0);
        while from <= end && count <= columns.count {
            let (start, stop, next) = cell(text, from, end, mark);
            each(count, start, stop);
            (from, count) = (next, count + 1);
        }
        count
    };
    if cells(&mut |_, _, _| {}) != columns.count {
        return false;
    }
    cells(&mut |column, start, stop| {
        if columns.is_secret(column, part(text, start, stop)) {
            scan.redact(start, stop);
            *found = true;
        }
    });
    true
}
