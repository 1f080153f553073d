//! The rows that an external tool checks, as JSON lines.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use floe_plugin::Error;
use floe_plugin::compute::Session;
use floe_plugin::quality::{Check, Suite};
use floe_plugin::table::{RowSink, Value};
use serde_json::Value as Json;

use crate::sql::quoted_name;

/// The name of the only column in the file if the suite checks no columns.
const NO_COLUMN: &str = "floe_row";

/// A file with the checked columns of a table, one JSON object for each row.
#[derive(Debug)]
pub struct Rows<'a> {
    /// The columns.
    pub columns: Vec<&'a str>,
    /// The number of rows.
    pub count: u64,
}

/// Writes the checked columns to `file`.
///
/// # Errors
/// The engine has no such table or column, or the file cannot be written.
pub fn write<'a>(suite: &Suite<'a>, data: &mut Session, file: &Path) -> Result<Rows<'a>, Error> {
    let mut names: Vec<&str> = suite.checks.iter().filter_map(Check::column).collect();
    names.sort_unstable();
    names.dedup();
    let table = quoted_name(suite.table);
    // Without the table's name, an engine may treat the name of a column that does not exist as a text.
    let selected: Vec<String> =
        names.iter().map(|name| format!("{table}.{}", quoted_name(name))).collect();
    let sql = if names.is_empty() {
        names.push(NO_COLUMN);
        format!("select 1 from {table}")
    } else {
        format!("select {} from {table}", selected.join(", "))
    };
    let mut sink = Sink { columns: names, count: 0, output: BufWriter::new(File::create(file)?) };
    data.query(&sql, &mut sink)?;
    sink.output.flush()?;
    Ok(Rows { columns: sink.columns, count: sink.count })
}

struct Sink<'a> {
    columns: Vec<&'a str>,
    count: u64,
    output: BufWriter<File>,
}

impl RowSink for Sink<'_> {
    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        let mut row = serde_json::Map::new();
        for (name, value) in self.columns.iter().zip(values) {
            let value = match value {
                Value::Integer(number) => Json::from(*number),
                Value::Real(number) => Json::from(*number),
                Value::Text(text) => Json::from(*text),
                Value::Bytes(bytes) => {
                    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
                        // Writing to a `String` cannot fail.
                        let _ = write!(hex, "{byte:02x}");
                        hex
                    });
                    Json::from(hex)
                }
                _ => Json::Null,
            };
            row.insert((*name).to_owned(), value);
        }
        serde_json::to_writer(&mut self.output, &row).map_err(std::io::Error::from)?;
        self.output.write_all(b"\n")?;
        self.count += 1;
        Ok(())
    }
}
