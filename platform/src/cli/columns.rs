//! Tables on the terminal.

use std::fmt;

/// Writes a table with left-aligned columns, each as wide as its longest cell.
pub(crate) fn write<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> fmt::Result {
    let rows: Vec<_> = std::iter::once(head.map(str::to_owned))
        .chain(rows)
        .collect();
    for row in &rows {
        let mut line = String::new();
        for (column, text) in row.iter().enumerate() {
            let longest = rows.iter().map(|row| row[column].chars().count()).max();
            let width = longest.unwrap_or_default();
            line.push_str(&format_args!("{text:width$}  ").to_string());
        }
        writeln!(f, "{}", line.trim_end())?;
    }
    Ok(())
}
