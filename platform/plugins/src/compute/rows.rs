//! The rows that the command of a database reads, as CSV, and those that it writes, as JSON.

use std::fmt;
use std::io::{BufWriter, Write};

use floe_plugin::table::{Column, ColumnType, RowSink, Value};
use floe_plugin::{Error, ErrorKind};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value as Json;

/// Writes rows as CSV: text in quotes, null as nothing.
pub(super) struct Csv<'a, W: Write> {
    output: BufWriter<W>,
    /// What stands before a quote in a text, and before itself.
    escape: char,
    columns: &'a [Column<'a>],
    rows: u64,
}

impl<'a, W: Write> Csv<'a, W> {
    /// Writes the rows of `fill`, and returns their number.
    pub(super) fn write(
        output: W,
        escape: char,
        columns: &'a [Column<'a>],
        fill: &mut dyn FnMut(&mut dyn RowSink) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let mut csv = Self { output: BufWriter::new(output), escape, columns, rows: 0 };
        fill(&mut csv)?;
        csv.output.flush()?;
        Ok(csv.rows)
    }
}

impl<W: Write> RowSink for Csv<'_, W> {
    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        self.rows += 1;
        let row = self.rows;
        if values.len() != self.columns.len() {
            let (found, accepted) = (values.len(), self.columns.len());
            let message = format!("row {row}: expected {accepted} values, found {found}");
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        for (index, (value, column)) in values.iter().zip(self.columns).enumerate() {
            if index > 0 {
                self.output.write_all(b",")?;
            }
            match (value, column.kind) {
                (Value::Null, _) => {}
                (Value::Integer(number), ColumnType::Integer | ColumnType::Real) => {
                    write!(self.output, "{number}")?;
                }
                (Value::Real(number), ColumnType::Real) => write!(self.output, "{number:?}")?,
                (Value::Text(text), ColumnType::Text | ColumnType::Date) => {
                    self.output.write_all(quoted(text, self.escape).as_bytes())?;
                }
                (_, accepted) => {
                    let message = format!(
                        "row {row}: the value of column `{}` is not of the type {accepted:?}",
                        column.name
                    );
                    return Err(Error::new(ErrorKind::Type, message));
                }
            }
        }
        Ok(self.output.write_all(b"\n")?)
    }
}

/// A text in quotes.
pub(super) fn quoted(text: &str, escape: char) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        if character == '"' || character == escape {
            quoted.push(escape);
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

/// A row of a result, in the order of its columns.
pub(super) struct Row(pub(super) Vec<(String, Json)>);

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RowVisitor;

        impl<'de> Visitor<'de> for RowVisitor {
            type Value = Row;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
                let mut row = Vec::new();
                // Names can repeat.
                while let Some(entry) = map.next_entry()? {
                    row.push(entry);
                }
                Ok(Row(row))
            }
        }

        deserializer.deserialize_map(RowVisitor)
    }
}
