//! Tables: their columns, and rows that pass from one plugin to another.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A column of a table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Column<'a> {
    /// The name. A name that a product declares has only lower-case letters, digits and underscores.
    pub name: &'a str,
    /// The type of the values. Every column accepts [`Value::Null`].
    pub kind: ColumnType,
}

/// The type of a column's values.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ColumnType {
    /// A whole number of 64 bits.
    Integer,
    /// A number with a fraction.
    Real,
    /// Any text.
    Text,
    /// `YYYY-MM-DD`.
    Date,
}

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// No value.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Real(f64),
    /// Text; also a date.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// Receives the rows of a table, one at a time, so that no plugin needs the whole table in memory.
pub trait RowSink {
    /// Receives the names of the columns, before the first row. Default: ignores them, for a receiver that knows the
    /// columns.
    ///
    /// # Errors
    ///
    /// The rows are not accepted.
    fn columns(&mut self, names: &[&str]) -> Result<(), Error> {
        let _ = names;
        Ok(())
    }

    /// Receives, before the first row, the names of the source's additional columns, which are not read. Default: does
    /// nothing.
    fn ignored(&mut self, names: &[&str]) {
        let _ = names;
    }

    /// Receives a row.
    ///
    /// # Errors
    ///
    /// The row is not accepted, or the receiver is interrupted. The sender returns this error and sends no further row.
    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error>;
}
