//! A source: a CSV file that is loaded into a table. Every value is checked against the type of its
//! column.

use std::fs;
use std::path::Path;

use csv::{ErrorKind, StringRecord};
use floe_plugin::PluginType;
use floe_plugin::ingestion::{Ingestion, IngestionOutcome};
use floe_plugin::orchestrator::{Asset, Orchestrator};
use floe_telemetry::traced;
use rusqlite::types::Value;

use super::outcome::{self, Failure};
use super::quotes::{QuoteCheck, QuoteError};
use super::run::{self, Run};
use super::{generate, metrics};
use crate::artifacts::{CompiledColumn, CompiledSource};
use crate::confine;
use crate::error::{Error, reason};
use crate::input_file;
use crate::interrupt;
use crate::place::Place;
use crate::plugins::BuiltIn;
use crate::product::ColumnType;

const TRACER_NAME: &str = "floe.ingestion.csv";

floe_plugin::plugin!(BuiltIn {
    kind: PluginType::Ingestion,
    name: "csv",
    tracer_name: TRACER_NAME,
    description: "loads CSV files and checks every value",
});

#[traced(
    name = format!("dagster.asset.{key}"),
    tracer = run::TRACER_NAME,
    floe_attributes = (
        Asset::in_run(key, run_id),
        Ingestion {
            operation: "load",
            source_type: Some("csv"),
            destination_table: Some(key),
            ..Ingestion::default()
        },
    ),
    attributes(Orchestrator::OPERATION = "asset", "db.system.name" = "sqlite"),
)]
pub(super) fn build(
    key: &str,
    run_id: &str,
    source: &CompiledSource,
    run: &Run<'_>,
) -> Result<u64, Failure> {
    let built = load(source, run);
    let outcome = IngestionOutcome {
        success: built.is_ok(),
        rows_loaded: built.as_ref().ok().copied(),
        ..IngestionOutcome::default()
    };
    outcome::record(key, &built, &outcome);
    built
}

fn load(source: &CompiledSource, run: &Run<'_>) -> Result<u64, Failure> {
    let file = run.folder.join(&*source.path);
    confine::check(run.folder, &source.path)
        .map_err(|message| Error::input(Place::file(&file), message))?;
    // Anything that exists is kept: what is not a CSV file is an error when it is read.
    let is_missing = fs::symlink_metadata(&file).is_err();
    if let Some(query) = source.generate.as_ref().filter(|_| is_missing) {
        generate::write(query, &source.path, run)?;
    }
    Ok(read(source, &file, run)?)
}

/// Loads the file into the table.
#[traced(
    name = "dagster.io.read",
    tracer = TRACER_NAME,
    attributes("file.path" = %source.path.display())
)]
fn read(source: &CompiledSource, file: &Path, run: &Run<'_>) -> Result<u64, Error> {
    let input = input_file::open(file).map_err(|error| {
        Error::input(
            Place::file(file),
            format!("cannot read it: {}", reason(&error)),
        )
    })?;
    let mut reader = csv::Reader::from_reader(QuoteCheck::new(input));
    let header = reader.headers().map_err(|error| unreadable(file, &error))?;
    check_header(file, header, &source.columns)?;
    create(source, run)?;
    // `rusqlite::Transaction` needs `&mut Connection`, and the connection is shared.
    run.warehouse.execute_batch("BEGIN")?;
    let marks = vec!["?"; source.columns.len()].join(", ");
    let mut insert = run
        .warehouse
        .prepare(&format!("INSERT INTO \"{}\" VALUES ({marks})", source.name))?;
    let mut record = StringRecord::new();
    let mut rows = 0;
    while reader
        .read_record(&mut record)
        .map_err(|error| unreadable(file, &error))?
    {
        interrupt::check()?;
        for (index, (column, text)) in source.columns.iter().zip(&record).enumerate() {
            let value = value(column, text).ok_or_else(|| {
                metrics::checked(source, false);
                wrong(file, &record, column, text)
            })?;
            insert.raw_bind_parameter(index + 1, value)?;
        }
        insert.raw_execute()?;
        rows += 1;
    }
    run.warehouse.execute_batch("COMMIT")?;
    metrics::checked(source, true);
    Ok(rows)
}

fn create(source: &CompiledSource, run: &Run<'_>) -> Result<(), Error> {
    let columns: Vec<String> = source
        .columns
        .iter()
        .map(|column| format!("\"{}\" {}", column.name, storage(column.kind)))
        .collect();
    let statement = format!("CREATE TABLE \"{}\" ({})", source.name, columns.join(", "));
    Ok(run.warehouse.execute_batch(&statement)?)
}

fn storage(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer => "INTEGER",
        ColumnType::Real => "REAL",
        ColumnType::Text | ColumnType::Date => "TEXT",
    }
}

fn check_header(
    file: &Path,
    header: &StringRecord,
    columns: &[CompiledColumn],
) -> Result<(), Error> {
    if header.iter().eq(columns.iter().map(|column| &*column.name)) {
        return Ok(());
    }
    let found = header.iter().collect::<Vec<_>>().join(",");
    let accepted = columns
        .iter()
        .map(|column| &*column.name)
        .collect::<Vec<_>>()
        .join(",");
    let message = format!("the header is `{found}`, accepted: `{accepted}`");
    Err(Error::input(Place::file(file).line(1), message))
}

/// The value of a field in the column's type. An empty field is null; `None` if the text is not of
/// the type.
fn value(column: &CompiledColumn, text: &str) -> Option<Value> {
    if text.is_empty() {
        return Some(Value::Null);
    }
    match column.kind {
        ColumnType::Integer => text.parse().ok().map(Value::Integer),
        ColumnType::Real => text
            .parse()
            .ok()
            .filter(|value: &f64| value.is_finite())
            .map(Value::Real),
        ColumnType::Text => Some(Value::Text(text.to_owned())),
        ColumnType::Date => is_date(text).then(|| Value::Text(text.to_owned())),
    }
}

/// Whether the text is `YYYY-MM-DD` and a day of the calendar.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(index, byte)| match index {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !is_shaped {
        return false;
    }
    let number = |range| {
        text.get(range)
            .and_then(|part: &str| part.parse::<u32>().ok())
    };
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => 0,
    };
    (1..=days).contains(&day)
}

fn wrong(file: &Path, record: &StringRecord, column: &CompiledColumn, text: &str) -> Error {
    let accepted = match column.kind {
        ColumnType::Integer => "a whole number of 64 bits or nothing",
        ColumnType::Real => "a finite number or nothing",
        ColumnType::Text => "any text",
        ColumnType::Date => "a date as YYYY-MM-DD or nothing",
    };
    let message = format!("`{}` is `{text}`, accepted: {accepted}", column.name);
    Error::input(at(file, record.position()), message)
}

/// The error for a file that the CSV reader refused.
fn unreadable(file: &Path, error: &csv::Error) -> Error {
    if let ErrorKind::Io(error) = error.kind()
        && let Some(error) = QuoteError::find(error)
    {
        let place = Place::file(file).line(error.line).column(error.column);
        return Error::input(place, error.message);
    }
    let place = at(file, error.position());
    let message = match error.kind() {
        ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            format!("found a line of {len} values, accepted: {expected_len}, as in the header")
        }
        ErrorKind::Utf8 { err, .. } => {
            format!(
                "value {} is not UTF-8, accepted: UTF-8 text",
                err.field() + 1
            )
        }
        ErrorKind::Io(error) => format!("cannot read it: {}", reason(error)),
        _ => error.to_string(),
    };
    Error::input(place, message)
}

fn at(file: &Path, position: Option<&csv::Position>) -> Place {
    match position {
        Some(position) => Place::file(file).line(position.line()),
        None => Place::file(file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_of_the_calendar() {
        for date in ["2024-02-29", "2000-02-29", "2023-12-31"] {
            assert!(is_date(date), "{date}");
        }
        for text in [
            "2023-02-29",
            "1900-02-29",
            "2023-13-01",
            "2023-04-31",
            "2023-4-1",
            "2023/04/01",
            "+023-04-01",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }
}
