//! Formats columns of text for a terminal.

use std::env;
use std::fmt::Display;

use floe_redact::printable;
use floe_waterfall::clip;
use itertools::Itertools as _;
use textwrap::{Options, WordSplitter, fill};
use unicode_width::UnicodeWidthStr;

/// Escapes a foreign text, and clips it to the width of a cell.
pub(crate) fn cell(text: &str, most: usize) -> String {
    clip(&printable(text).replace('\t', " "), most)
}

/// Returns a number with its noun, such as `2 spans`.
pub(crate) fn counted(count: impl Display, noun: &str) -> String {
    let counted = format!("{count} {noun}");
    if counted.starts_with("1 ") { counted } else { counted + "s" }
}

/// Formats rows of cells below their titles, each column as wide as its longest cell. The first columns are `numbers`.
pub(crate) fn table(numbers: usize, titles: &[&str], mut rows: Vec<Vec<String>>) -> String {
    rows.insert(0, titles.iter().map(ToString::to_string).collect());
    let width = |at: usize| rows.iter().map(|row| row[at].width()).max().unwrap_or_default();
    let widths = (0..titles.len()).map(width).collect_vec();
    let line = |row: &Vec<String>| {
        let mut cells = row.iter().enumerate().map(|(at, cell)| {
            let pad = " ".repeat(widths[at] - cell.width());
            if at < numbers { pad + cell } else { cell.clone() + &pad }
        });
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// Returns the width of the terminal, or else of the variable `COLUMNS`, or this width if neither is known.
pub(crate) fn width(unknown: usize) -> usize {
    let columns = || env::var("COLUMNS").ok()?.parse().ok();
    let terminal = terminal_size::terminal_size().map(|(width, _)| width.0.into());
    terminal.or_else(columns).unwrap_or(unknown)
}

/// Breaks a text into lines of at most this width. Each line begins with the indent, and all but the first with more.
pub(crate) fn wrapped(text: &str, indent: &str, width: usize) -> String {
    let next = format!("{indent}  ");
    let options = Options::new(width.max(next.width() + 16))
        .initial_indent(indent)
        .subsequent_indent(&next)
        .word_splitter(WordSplitter::NoHyphenation);
    fill(text, options) + "\n"
}
