//! The first rows of a table that a product shows after a run.

use std::iter;

use floe_plugin::table::{RowSink, Value};
use floe_redact::Redactor;
use floe_telemetry::printable;

/// The most characters of a value that are read.
const MAX_VALUE: usize = 1000;

/// The first rows of a table, without credentials and personal data whose format can be checked.
#[derive(Debug)]
pub struct Preview {
    /// The name of the table.
    pub table: String,
    /// The number of all its rows.
    pub all_rows: u64,
    /// The columns, in their order.
    pub columns: Vec<PreviewColumn>,
}

/// A column of a preview.
#[derive(Debug)]
pub struct PreviewColumn {
    /// The name of the column.
    pub name: String,
    /// Whether its values are numbers.
    pub is_number: bool,
    /// Its value in each row.
    pub values: Vec<String>,
}

/// Takes rows, as text that is safe to print.
#[derive(Default)]
pub(super) struct Rows(pub(super) Vec<PreviewColumn>);

impl RowSink for Rows {
    fn columns(&mut self, names: &[&str]) -> Result<(), floe_plugin::Error> {
        let columns = names.iter().map(|name| PreviewColumn {
            name: printable(name).into_owned(),
            is_number: true,
            values: Vec::new(),
        });
        self.0 = columns.collect();
        Ok(())
    }

    fn row(&mut self, values: &[Value<'_>]) -> Result<(), floe_plugin::Error> {
        for (column, value) in iter::zip(&mut self.0, values) {
            let text = match value {
                Value::Integer(number) => number.to_string(),
                Value::Real(number) => number.to_string(),
                Value::Text(text) => {
                    column.is_number = false;
                    let start: String = text.chars().take(MAX_VALUE).collect();
                    let text = Redactor::default().redact_value(&column.name, &start).into_owned();
                    printable(&text).into_owned()
                }
                Value::Bytes(bytes) => {
                    column.is_number = false;
                    format!("{} bytes", bytes.len())
                }
                _ => "NULL".to_owned(),
            };
            column.values.push(text);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_safe_to_print() {
        let mut rows = Rows::default();
        rows.columns(&["id", "who", "note", "password", "data"]).unwrap();
        let long = "x".repeat(5000);
        rows.row(&[
            Value::Integer(-7),
            Value::Text("ann@example.com"),
            Value::Text("two\nlines \u{1b}[31m"),
            Value::Text("hunter2"),
            Value::Bytes(b"\0\xff"),
        ])
        .unwrap();
        rows.row(&[
            Value::Null,
            Value::Text("Zoé Müller"),
            Value::Text(&long),
            Value::Null,
            Value::Null,
        ])
        .unwrap();
        let values: Vec<[&str; 2]> =
            rows.0.iter().map(|column| [&*column.values[0], &*column.values[1]]).collect();
        assert_eq!(values[0], ["-7", "NULL"]);
        assert_eq!(values[1], ["<REDACTED>@example.com", "Zoé Müller"]);
        assert_eq!(values[2], ["two\\nlines \\u{1b}[31m", &long[..MAX_VALUE]]);
        assert_eq!(values[3], ["<REDACTED>", "NULL"]);
        assert_eq!(values[4], ["2 bytes", "NULL"]);
        let numbers: Vec<bool> = rows.0.iter().map(|column| column.is_number).collect();
        assert_eq!(numbers, [true, false, false, false, false]);
    }
}
