//! Tables on the terminal.

use std::fmt;

use unicode_width::UnicodeWidthStr as _;

/// Writes a table with left-aligned columns, each as wide as its longest cell.
pub(crate) fn write<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> fmt::Result {
    let rows: Vec<_> = std::iter::once(head.map(str::to_owned)).chain(rows).collect();
    let columns = (0..N).map(|column| {
        let cells = rows.iter().map(|row| &*row[column]).collect();
        (cells, false)
    });
    for line in align(columns.collect()) {
        writeln!(f, "{line}")?;
    }
    Ok(())
}

/// The lines of a table, whose columns all have as many cells. Each is as wide as its longest cell, and aligned on the
/// right if it is paired with `true`.
pub(super) fn align(columns: Vec<(Vec<&str>, bool)>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (cells, is_right) in columns {
        let width = cells.iter().map(|cell| cell.width()).max().unwrap_or(0);
        lines.resize(cells.len(), String::new());
        for (line, cell) in lines.iter_mut().zip(cells) {
            let pad = " ".repeat(width - cell.width());
            let (before, after) = if is_right { (&*pad, "") } else { ("", &*pad) };
            for part in [before, cell, after, "  "] {
                line.push_str(part);
            }
        }
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}
