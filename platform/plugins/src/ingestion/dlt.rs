//! Loads data from other systems, and exports data to them, with dlt.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::time::Duration;

use floe_plugin::ingestion::{Export, IngestionEngine, Load};
use floe_plugin::table::{Column, ColumnType, RowSink, Value};
use floe_plugin::{Credential, Endpoint, Error, ErrorKind, Lifecycle, OutputPath};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::address::ServiceUrl;
use crate::error::Error as PlatformError;
use crate::files::confine;
use crate::process::child::Program;
use crate::process::interrupt;
use crate::process::python::Task;

floe_plugin::plugin! {
    kind: IngestionEngine,
    plugin: Dlt,
    name: "dlt",
    tracer: "floe.ingestion.dlt",
    api: "1.0",
    description: "loads data from other systems, and exports data to them, with dlt",
}

/// Version 1 of dlt, which is installed for a Python interpreter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Dlt {
    python: Program,
    /// The source of the data. Without it, data is only exported.
    source: Option<Source>,
    schema_contract: Contract,
    sinks: BTreeMap<String, Sink>,
    timeout_seconds: u32,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Source {
    /// A REST API that returns JSON. The location of a source of the product is the path of an endpoint.
    RestApi {
        /// The URL to which paths are appended.
        base_url: ServiceUrl,
        /// A bearer token.
        token: Option<Credential>,
        /// The `JSONPath` of the rows in a response. By default, dlt finds the rows.
        data_selector: Option<String>,
    },
}

/// The treatment of a column of the source that the product does not declare.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Contract {
    /// The column is not loaded.
    #[default]
    DiscardValue,
    /// The load fails.
    Freeze,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Sink {
    /// A `DuckDB` database. A table is replaced in one transaction.
    Duckdb {
        path: OutputPath,
        /// The schema of the tables.
        #[serde(default = "default_dataset")]
        dataset: String,
    },
}

fn default_dataset() -> String {
    "floe".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Moved {
    /// The JSON lines files of a load, relative to the folder of the task.
    #[serde(default)]
    files: Vec<String>,
    rows: u64,
}

impl Default for Dlt {
    fn default() -> Self {
        Self {
            python: Program::named("python3"),
            source: None,
            schema_contract: Contract::default(),
            sinks: BTreeMap::new(),
            timeout_seconds: 3600,
        }
    }
}

impl Lifecycle for Dlt {
    fn endpoints(&self) -> Vec<Endpoint> {
        let sources = self.source.iter();
        sources.map(|Source::RestApi { base_url, .. }| base_url.endpoint()).collect()
    }
}

impl IngestionEngine for Dlt {
    fn source_type(&self) -> &'static str {
        "rest_api"
    }

    fn schema_contract(&self) -> Option<&str> {
        Some(match self.schema_contract {
            Contract::DiscardValue => "discard_value",
            Contract::Freeze => "freeze",
        })
    }

    fn run(&self, load: &Load<'_>, rows: &mut dyn RowSink) -> Result<(), Error> {
        let Some(Source::RestApi { base_url, token, data_selector }) = &self.source else {
            let message = "expected `source` in the configuration of the plugin, found none";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        };
        let mut task = self.task()?;
        if let Some(token) = token {
            task = task.credential("FLOE_TOKEN", token.expose()?);
        }
        let source = json!({
            "base_url": base_url.as_str(),
            "has_token": token.is_some(),
            "data_selector": data_selector,
        });
        let columns = load.columns.iter().map(|column| {
            let kind = match column.kind {
                ColumnType::Integer => "bigint",
                ColumnType::Real => "double",
                ColumnType::Date => "date",
                _ => "text",
            };
            (column.name.to_owned(), Json::from(kind))
        });
        let request = json!({
            "operation": "load",
            "table": load.table,
            "location": load.location,
            "columns": columns.collect::<serde_json::Map<_, _>>(),
            "schema_contract": self.schema_contract,
            "source": source,
        });
        let (loaded, folder) = task.run::<Moved>(&request)?;
        let mut count = 0;
        for file in &loaded.files {
            count += read(&folder.path().join(file), load.columns, rows)?;
        }
        if count == loaded.rows {
            return Ok(());
        }
        let message = format!("dlt: found {count} rows, but dlt reported {}", loaded.rows);
        Err(Error::new(ErrorKind::InvalidResponse, message))
    }

    fn write(&self, export: &Export<'_>) -> Result<u64, Error> {
        let Some(sink) = self.sinks.get(export.sink_type) else {
            let known: Vec<&str> = self.sinks.keys().map(String::as_str).collect();
            let message = format!(
                "there is no sink `{}`; {}",
                export.sink_type,
                if known.is_empty() {
                    "no sink is configured".to_owned()
                } else {
                    format!("expected one of: {}", known.join(", "))
                },
            );
            return Err(Error::new(ErrorKind::InvalidInput, message));
        };
        let Sink::Duckdb { path, dataset } = sink;
        check(path)?;
        let request = json!({
            "operation": "export",
            "table": export.destination,
            "file": std::path::absolute(export.file)?,
            "sink": { "path": std::path::absolute(&**path)?, "dataset": dataset },
        });
        Ok(self.task()?.run::<Moved>(&request)?.0.rows)
    }
}

impl Dlt {
    fn task(&self) -> Result<Task<'_>, Error> {
        let limit = Duration::from_secs(self.timeout_seconds.into());
        let task = Task::new("dlt", &self.python, limit, include_str!("dlt.py"))?;
        Ok(task
            .env("RUNTIME__DLTHUB_TELEMETRY", "false")
            .env("RUNTIME__LOG_LEVEL", "ERROR")
            .env("RUNTIME__REQUEST_TIMEOUT", "10")
            .env("RUNTIME__REQUEST_MAX_ATTEMPTS", "3")
            .env("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.2")
            .env("RESTORE_FROM_DESTINATION", "false")
            .env("NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION", "true"))
    }
}

/// Checks that no symbolic link is in the paths of the database and of its log, which dlt writes.
fn check(database: &OutputPath) -> Result<(), Error> {
    ["", ".wal"].iter().try_for_each(|suffix| {
        let mut name = database.inner().as_os_str().to_owned();
        name.push(suffix);
        confine::check_file(database.folder(), Path::new(&name)).map_err(PlatformError::into_plugin)
    })
}

/// Passes the rows of a file with JSON lines to `rows`, and returns their number.
fn read(path: &Path, columns: &[Column<'_>], rows: &mut dyn RowSink) -> Result<u64, Error> {
    let mut count = 0;
    for line in BufReader::new(File::open(path)?).lines() {
        interrupt::check().map_err(PlatformError::into_plugin)?;
        let row: serde_json::Map<String, Json> = serde_json::from_str(&line?).map_err(|_| {
            // The error would quote data of the product.
            Error::new(ErrorKind::InvalidResponse, "dlt: a row is not a JSON object")
        })?;
        let values: Result<Vec<Value<'_>>, Error> =
            columns.iter().map(|column| value(column, row.get(column.name))).collect();
        rows.row(&values?)?;
        count += 1;
    }
    Ok(count)
}

fn value<'a>(column: &Column<'_>, found: Option<&'a Json>) -> Result<Value<'a>, Error> {
    let value = match (column.kind, found) {
        (_, None | Some(Json::Null)) => Some(Value::Null),
        (ColumnType::Integer, Some(found)) => found.as_i64().map(Value::Integer),
        (ColumnType::Real, Some(found)) => found.as_f64().map(Value::Real),
        (_, Some(found)) => found.as_str().map(Value::Text),
    };
    value.ok_or_else(|| {
        // The value is data of the product, so the message does not repeat it.
        let message = format!("dlt: a value of `{}` does not have the column's type", column.name);
        Error::new(ErrorKind::InvalidResponse, message)
    })
}
