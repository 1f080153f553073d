//! CSV files of a product, read by the names of their columns. Every value is checked against the type of its column.

use std::path::Path;

use csv::{ErrorKind, StringRecord};
use floe_plugin::ingestion::{IngestionEngine, Load};
use floe_plugin::table::{Column, ColumnType, RowSink, Value};
use floe_plugin::{ErrorKind as PluginErrorKind, Lifecycle};
use floe_telemetry::config::suggest::{did_you_mean, nearest};
use jiff::civil::Date;
use serde::Deserialize;

use crate::error::{Error, reason};
use crate::files::confine;
use crate::files::input_file;
use crate::place::Place;
use crate::quote::one_line;

floe_plugin::plugin! {
    kind: IngestionEngine,
    plugin: Csv,
    name: "csv",
    tracer: "floe.ingestion.csv",
    api: "1.0",
    description: "loads CSV files and checks every value",
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Csv {}

impl Lifecycle for Csv {}

impl IngestionEngine for Csv {
    fn source_type(&self) -> &'static str {
        "csv"
    }

    fn schema_contract(&self) -> Option<&str> {
        Some("discard_value")
    }

    fn run(&self, load: &Load<'_>, rows: &mut dyn RowSink) -> Result<(), floe_plugin::Error> {
        let file =
            confine::input(load.folder, Path::new(load.location)).map_err(Error::into_plugin)?;
        read(&file, load.columns, rows)
    }
}

/// Converts an error of the file into an error of the plugin. The platform reports the original error, with its place.
fn refused_as(kind: PluginErrorKind, error: Error) -> floe_plugin::Error {
    floe_plugin::Error::new(kind, error.redacted()).with_source(error)
}

fn read(
    file: &Path,
    columns: &[Column<'_>],
    rows: &mut dyn RowSink,
) -> Result<(), floe_plugin::Error> {
    let input = input_file::open(file).map_err(|error| {
        let message = format!("cannot read it: {}", reason(&error));
        Error::input(Place::file(file), message).into_plugin()
    })?;
    let mut reader = csv::Reader::from_reader(input);
    let header = reader.headers().map_err(|error| unreadable(file, &error).into_plugin())?;
    let positions = positions(file, header, columns)
        .map_err(|error| refused_as(PluginErrorKind::UnknownName, error))?;
    let ignored: Vec<&str> = header.iter().filter(|name| !is_read(columns, name)).collect();
    if !ignored.is_empty() {
        rows.ignored(&ignored);
    }
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| unreadable(file, &error).into_plugin())? {
        let mut values = Vec::with_capacity(columns.len());
        for (column, position) in columns.iter().zip(&positions) {
            // Each record has as many values as the header.
            let text = record.get(*position).unwrap_or_default();
            let wrong = || refused_as(PluginErrorKind::Type, wrong(file, &record, column, text));
            values.push(value(column, text).ok_or_else(wrong)?);
        }
        rows.row(&values)?;
    }
    Ok(())
}

fn positions(
    file: &Path,
    header: &StringRecord,
    columns: &[Column<'_>],
) -> Result<Vec<usize>, Error> {
    let wrong = |message: String| Err(Error::input(Place::file(file).line(1), message));
    let mut positions = Vec::with_capacity(columns.len());
    for Column { name, .. } in columns {
        let mut found = header.iter().enumerate().filter(|(_, it)| it == name);
        match (found.next(), found.next()) {
            (Some((position, _)), None) => positions.push(position),
            (Some(_), Some(_)) => {
                return wrong(format!(
                    "`{name}` is the name of several columns, expected each name once"
                ));
            }
            (None, _) => {
                let others: Vec<&str> = header.iter().filter(|it| !is_read(columns, it)).collect();
                let suggestion = did_you_mean(nearest(name, &others));
                let found = header.iter().collect::<Vec<_>>().join(",");
                return wrong(format!("there is no column `{name}`, found `{found}`{suggestion}"));
            }
        }
    }
    Ok(positions)
}

fn is_read(columns: &[Column<'_>], name: &str) -> bool {
    columns.iter().any(|column| column.name == name)
}

/// Returns the value of a field: null for an empty field, and `None` for a text that is not of the column's type.
fn value<'a>(column: &Column<'_>, text: &'a str) -> Option<Value<'a>> {
    if text.is_empty() {
        return Some(Value::Null);
    }
    match column.kind {
        ColumnType::Integer => text.parse().ok().map(Value::Integer),
        ColumnType::Real => {
            text.parse().ok().filter(|value: &f64| value.is_finite()).map(Value::Real)
        }
        ColumnType::Date => is_date(text).then_some(Value::Text(text)),
        _ => Some(Value::Text(text)),
    }
}

/// Whether the text is a day of the calendar, in the form `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    text.parse().is_ok_and(|date: Date| date.to_string() == text)
}

fn wrong(file: &Path, record: &StringRecord, column: &Column<'_>, text: &str) -> Error {
    let accepted = match column.kind {
        ColumnType::Integer => "a whole number of 64 bits or nothing",
        ColumnType::Real => "a finite number or nothing",
        ColumnType::Date => "a date as YYYY-MM-DD or nothing",
        _ => "any text",
    };
    let message = format!("`{}` is `{}`, expected {accepted}", column.name, one_line(text));
    Error::input(at(file, record.position()), message)
}

fn unreadable(file: &Path, error: &csv::Error) -> Error {
    let place = at(file, error.position());
    let message = match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("expected {expected_len} values, as in the header, found {len}")
        }
        ErrorKind::Utf8 { err, .. } => {
            format!("the value in column {} is not UTF-8 text", err.field() + 1)
        }
        ErrorKind::Io(error) => format!("cannot read it: {}", reason(error)),
        _ => error.to_string(),
    };
    Error::input(place, message)
}

fn at(file: &Path, position: Option<&csv::Position>) -> Place {
    Place::file(file).line(position.map(csv::Position::line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_of_the_calendar() {
        for date in ["2024-02-29", "2000-02-29", "2023-12-31"] {
            assert!(is_date(date), "{date}");
        }
        for text in ["2023-02-29", "1900-02-29", "2023-4-1", "2023/04/01", "+023-04-01"] {
            assert!(!is_date(text), "{text}");
        }
    }
}
