//! The first rows of a table, as wide as the terminal.

use std::fmt;

use floe_waterfall::clip;
use unicode_width::UnicodeWidthStr as _;

use super::columns;
use crate::pipeline::{Preview, PreviewColumn, Thousands};

/// The most columns of the terminal that a cell has.
const MAX_CELL: usize = 30;

/// The spaces before each line.
const INDENT: usize = 4;

/// A table that is printed in `width` columns of the terminal.
pub(super) struct Table<'a> {
    pub(super) preview: &'a Preview,
    pub(super) width: usize,
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Preview { table, all_rows, columns } = self.preview;
        let rows = columns.first().map_or(0, |column| column.values.len());
        let room = self.width.saturating_sub(INDENT);
        let mut left = room;
        let mut shown: Vec<(Vec<String>, bool)> = Vec::new();
        for column in columns {
            let (cells, width) = cells(column, room.min(MAX_CELL));
            if width > left {
                break;
            }
            // The space between two columns.
            left = left.saturating_sub(width + 2);
            shown.push((cells, column.is_number));
        }
        write!(f, "  {table}: ")?;
        if rows as u64 != *all_rows {
            write!(f, "{rows} of ")?;
        }
        let noun = if *all_rows == 1 { "row" } else { "rows" };
        write!(f, "{} {noun}", Thousands(*all_rows))?;
        if shown.len() < columns.len() {
            write!(f, ", {} of {} columns", shown.len(), columns.len())?;
        }
        let borrowed = shown.iter().map(|(cells, is_number)| {
            let cells = cells.iter().map(String::as_str).collect();
            (cells, *is_number)
        });
        for line in columns::align(borrowed.collect()) {
            write!(f, "\n{:INDENT$}{line}", "")?;
        }
        Ok(())
    }
}

/// The name and the values of a column, and the width of the widest.
fn cells(column: &PreviewColumn, most: usize) -> (Vec<String>, usize) {
    let all = std::iter::once(&column.name).chain(&column.values);
    let cells: Vec<String> = all.map(|cell| clip(cell, most)).collect();
    let width = cells.iter().map(|cell| cell.width()).max();
    (cells, width.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, is_number: bool, values: [&str; 3]) -> PreviewColumn {
        PreviewColumn { name: name.to_owned(), is_number, values: values.map(str::to_owned).into() }
    }

    fn draw(width: usize) -> String {
        let preview = Preview {
            table: "customers".to_owned(),
            all_rows: 5000,
            columns: vec![
                column("name", false, ["東京 太郎", "Zoé", "e\u{301}"]),
                column("cents", true, ["7", "-1200", "NULL"]),
                column("note", false, ["", &"n".repeat(50), "short"]),
            ],
        };
        let preview = &preview;
        Table { preview, width }.to_string()
    }

    #[test]
    fn columns_are_aligned_by_their_width_in_a_terminal() {
        let lines = [
            "  customers: 3 of 5,000 rows",
            "    name       cents  note",
            "    東京 太郎      7",
            "    Zoé        -1200  nnnnnnnnnnnnnnnnnnnnnnnnnnnnn…",
            "    e\u{301}           NULL  short",
        ];
        assert_eq!(draw(100).lines().collect::<Vec<_>>(), lines);
    }

    #[test]
    fn what_is_too_wide_is_counted() {
        let narrow = draw(40);
        assert_eq!(narrow.lines().next().unwrap(), "  customers: 3 of 5,000 rows, 2 of 3 columns");
        for width in 0..60 {
            for line in draw(width).lines().skip(1) {
                assert!(line.width() <= width.max(INDENT), "{width}: {line}");
            }
        }
    }
}
