//! A row of a table with two cells, a name and its value.

use super::quote;
use super::text::{at, run_end, run_start, skip_spaces, starts_with};

/// The bar of a table in a terminal.
pub(super) const BAR: &[u8] = "│".as_bytes();

/// Whether the cell is the second of two in its row, so that the first is its name.
pub(super) fn is_second_of_two(text: &[u8], key: usize, value_end: usize) -> bool {
    let ends = |at: usize| at >= text.len() || text[at] == b'\n' || text[at] == b'\r';
    let bar_at = |index: usize| {
        let is_wide = starts_with(text, index, BAR);
        (is_wide || at(text, index) == b'|').then_some(if is_wide { BAR.len() } else { 1 })
    };
    let close = skip_spaces(
        text,
        run_end(text, value_end, 1, |byte| b"'\"".contains(&byte)),
    );
    let line = run_start(text, key, 32, |byte| byte != b'\n');
    let open = skip_spaces(text, line);
    let name = bar_at(open).map(|len| skip_spaces(text, open + len));
    let name = name.map(|name| name + quote::mark_len(text, name));
    name == Some(key) && bar_at(close).is_some_and(|len| ends(skip_spaces(text, close + len)))
}
