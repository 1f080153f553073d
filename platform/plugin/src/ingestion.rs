//! Data that is loaded into the platform.

use std::path::Path;
use std::time::Instant;

use floe_telemetry::FloeAttributes;

use crate::egress::{Egress, EgressOutcome};
use crate::error::{Error, ErrorKind};
use crate::handle::Handle;
use crate::lifecycle::Lifecycle;
use crate::operation::operation;
pub use crate::operation::operation_span as ingestion_span;
use crate::table::{Column, RowSink, Value};

/// A load from a source.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "ingestion")]
pub struct Ingestion<'a> {
    /// The operation: the last part of the span's name.
    pub operation: &'a str,
    /// The type of the source.
    pub source_type: Option<&'a str>,
    /// The table that is written.
    pub destination_table: Option<&'a str>,
    /// `append`, `replace` or `merge`.
    pub write_mode: Option<&'a str>,
    /// The handling of changes in the source's schema: `evolve`, `freeze` or `discard_value`.
    pub schema_contract: Option<&'a str>,
}

/// The result of a load.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "ingestion")]
pub struct IngestionOutcome {
    /// Whether the load is complete.
    pub success: bool,
    /// The number of rows that were loaded.
    pub rows_loaded: Option<u64>,
    /// The duration in seconds.
    pub duration_seconds: Option<f64>,
    /// The category of the failure.
    #[floe(key = "error.category")]
    #[allow(deprecated, reason = "the key check warns by this lint; the key is the platform's")]
    pub error_category: Option<ErrorCategory>,
}

/// The category of a failed load.
#[derive(Clone, Copy, Debug, Eq, FloeAttributes, Hash, PartialEq)]
#[floe(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ErrorCategory {
    /// The failure is temporary: a retry can succeed.
    Transient,
    /// The failure is permanent: a retry cannot succeed.
    Permanent,
}

operation!("ingestion", Ingestion.operation);

/// A tool that loads data into the platform, and possibly writes data to other systems.
pub trait IngestionEngine: Lifecycle {
    /// Returns the type of the tool's sources, for example `csv`.
    fn source_type(&self) -> &str;

    /// Returns how the tool handles changes in the source's schema. Default: unknown.
    fn schema_contract(&self) -> Option<&str> {
        None
    }

    /// Reads a source and passes its rows to `rows`, with the values in the order of `load.columns`. The source's
    /// columns are matched by name, and the names of additional columns are passed to [`RowSink::ignored`].
    ///
    /// # Errors
    ///
    /// The source cannot be read, or its values do not have the types of the columns. An error of `rows` is returned
    /// unchanged.
    fn run(&self, load: &Load<'_>, rows: &mut dyn RowSink) -> Result<(), Error>;

    /// Writes the rows of a CSV file with a header to an external system, and returns their number. Default: not
    /// supported.
    ///
    /// # Errors
    ///
    /// The system refused the rows or could not be reached.
    fn write(&self, export: &Export<'_>) -> Result<u64, Error> {
        let _ = export;
        Err(Error::new(ErrorKind::Unsupported, "the plugin does not support `write`"))
    }
}

/// A load of data into a table.
#[derive(Clone, Copy, Debug)]
pub struct Load<'a> {
    /// The table that is filled.
    pub table: &'a str,
    /// The columns.
    pub columns: &'a [Column<'a>],
    /// The folder of the product.
    pub folder: &'a Path,
    /// The location of the data: a path in the product's folder, or a location that the tool understands.
    pub location: &'a str,
}

/// An export of data to an external system.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// The table that contains the rows.
    pub table: &'a str,
    /// The type of the external system.
    pub sink_type: &'a str,
    /// The table or object in the external system.
    pub destination: &'a str,
    /// The CSV file with the rows.
    pub file: &'a Path,
}

impl Handle<dyn IngestionEngine> {
    /// Reads a source, in the span `ingestion.run`. Returns the number of rows.
    ///
    /// # Errors
    ///
    /// As for [`IngestionEngine::run`].
    pub fn run(&self, load: &Load<'_>, rows: &mut dyn RowSink) -> Result<u64, Error> {
        let operation = Ingestion {
            operation: "run",
            source_type: Some(self.plugin().source_type()),
            destination_table: Some(load.table),
            write_mode: Some("replace"),
            schema_contract: self.plugin().schema_contract(),
        };
        self.observe(&operation, |tool, span| {
            let started = Instant::now();
            let mut counted = Counted { rows, count: 0 };
            let loaded = tool.run(load, &mut counted);
            span.set_attributes(&IngestionOutcome {
                success: loaded.is_ok(),
                rows_loaded: Some(counted.count),
                duration_seconds: Some(started.elapsed().as_secs_f64()),
                error_category: loaded.as_ref().err().map(ErrorCategory::of),
            });
            loaded.map(|()| counted.count)
        })
    }

    /// Writes rows to an external system, in the span `egress.write`. Returns the number of rows.
    ///
    /// # Errors
    ///
    /// As for [`IngestionEngine::write`].
    pub fn write(&self, export: &Export<'_>) -> Result<u64, Error> {
        let operation = Egress {
            operation: "write",
            sink_type: Some(export.sink_type),
            destination: Some(export.destination),
        };
        self.observe(&operation, |tool, span| {
            let started = Instant::now();
            let written = tool.write(export);
            span.set_attributes(&EgressOutcome {
                status: if written.is_ok() { "success" } else { "failure" },
                rows_written: written.as_ref().ok().copied(),
                duration_ms: Some(started.elapsed().as_secs_f64() * 1e3),
            });
            written
        })
    }
}

impl ErrorCategory {
    fn of(error: &Error) -> Self {
        if error.is_transient() { Self::Transient } else { Self::Permanent }
    }
}

struct Counted<'a> {
    rows: &'a mut dyn RowSink,
    count: u64,
}

impl RowSink for Counted<'_> {
    fn columns(&mut self, names: &[&str]) -> Result<(), Error> {
        self.rows.columns(names)
    }

    fn ignored(&mut self, names: &[&str]) {
        self.rows.ignored(names);
    }

    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        self.rows.row(values)?;
        self.count += 1;
        Ok(())
    }
}
