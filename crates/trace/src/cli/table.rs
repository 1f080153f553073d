//! Formats columns of text for a terminal.

use std::{env, iter};

use floe_redact::printable;
use floe_waterfall::clip;
use unicode_width::UnicodeWidthStr;

pub(crate) struct Column {
    pub(crate) title: String,
    pub(crate) is_number: bool,
    pub(crate) cells: Vec<String>,
}

pub(crate) fn columns<const N: usize>(titles: [&str; N], rows: &[[String; N]]) -> Vec<Column> {
    let column = |(at, title): (usize, &str)| Column {
        title: title.to_owned(),
        is_number: false,
        cells: rows.iter().map(|row| row[at].clone()).collect(),
    };
    titles.into_iter().enumerate().map(column).collect()
}

/// Escapes a foreign text, and clips it to the width of a cell.
pub(crate) fn cell(text: &str, most: usize) -> String {
    clip(&printable(text).replace('\t', " "), most)
}

/// Formats columns beside each other, each as wide as its longest cell.
pub(crate) fn table(columns: &[Column]) -> String {
    let all = |column: &Column| {
        let cells = iter::once(&column.title).chain(&column.cells);
        let width = cells.clone().map(|cell| cell.width()).max();
        let width = width.unwrap_or_default();
        let padded = cells.map(|cell| {
            let pad = " ".repeat(width - cell.width());
            if column.is_number { pad + cell } else { cell.clone() + &pad }
        });
        padded.collect::<Vec<_>>().into_iter()
    };
    let mut columns: Vec<_> = columns.iter().map(all).collect();
    let mut text = String::new();
    loop {
        let row: Vec<String> = columns.iter_mut().filter_map(Iterator::next).collect();
        if row.is_empty() {
            return text;
        }
        text.push_str(row.join("  ").trim_end());
        text.push('\n');
    }
}

/// Returns the width of a table without a space at its end.
pub(crate) fn width_of(columns: &[Column]) -> usize {
    table(columns).lines().map(UnicodeWidthStr::width).max().unwrap_or_default()
}

/// Returns the width of the terminal, or else of the variable `COLUMNS`, or this width if neither is known.
pub(crate) fn width(unknown: usize) -> usize {
    let columns = || env::var("COLUMNS").ok()?.parse().ok();
    let terminal = terminal_size::terminal_size().map(|(width, _)| width.0.into());
    terminal.or_else(columns).unwrap_or(unknown)
}

/// Breaks a text into lines of at most this width. Each line begins with the indent, and all but the first with more.
pub(crate) fn wrapped(text: &str, indent: &str, width: usize) -> String {
    let room = width.saturating_sub(indent.width() + 2).max(16);
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split_inclusive(' ') {
        if !line.is_empty() && line.width() + word.trim_end().width() > room {
            lines.push(std::mem::take(&mut line));
        }
        for part in word.chars() {
            if line.width() >= room && part != ' ' {
                lines.push(std::mem::take(&mut line));
            }
            line.push(part);
        }
    }
    lines.push(line);
    let first = |at| if at == 0 { "" } else { "  " };
    let lines = lines.iter().enumerate();
    let lines = lines.map(|(at, line)| [indent, first(at), line.trim_end(), "\n"].concat());
    lines.collect()
}
