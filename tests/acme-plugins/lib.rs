//! Plugins of a third party: a compute engine, an alert channel and a telemetry backend.

mod backend;

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use floe_plugin::alert::{AlertChannel, Message};
use floe_plugin::compute::{ComputeEngine, Database, Materialize, QueryEngine};
use floe_plugin::table::{Column, ColumnType, RowSink, Value};
use floe_plugin::{Credential, Destination, Error, ErrorKind, Lifecycle, LocalPath};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde::Deserialize;

floe_plugin::plugin! {
    kind: AlertChannel,
    plugin: Board,
    name: "acme-board",
    tracer: "floe.alert.acme_board",
    api: "1.0",
    description: "writes alerts on the board of the operations room",
}

floe_plugin::plugin! {
    kind: QueryEngine,
    plugin: Engine,
    name: "acme",
    tracer: "floe.compute.acme",
    api: "1.0",
    description: "runs models on Acme's engine",
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Board {
    file: LocalPath,
    key: Credential,
}

impl Lifecycle for Board {
    fn start(&self) -> Result<(), Error> {
        match self.key.expose()?.len() {
            0..8 => Err(Error::new(ErrorKind::Unauthorized, "the key of the room is too short")),
            _ => Ok(()),
        }
    }
}

impl AlertChannel for Board {
    fn destination(&self) -> Destination<'_> {
        Destination::new("operations room")
    }

    fn send_alert(&self, message: &Message<'_>) -> Result<(), Error> {
        let mut file = OpenOptions::new().create(true).append(true).open(&*self.file)?;
        writeln!(file, "{} {}", message.name, message.summary)?;
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Engine {
    /// The number of pages in memory.
    #[serde(default = "default_pages")]
    pages: u32,
}

fn default_pages() -> u32 {
    100
}

impl Lifecycle for Engine {}

impl ComputeEngine for Engine {}

impl QueryEngine for Engine {
    fn system_name(&self) -> &'static str {
        "other_sql"
    }

    fn create_database(&self, file: &Path) -> Result<Box<dyn Database>, Error> {
        let connection = Connection::open(file).map_err(|error| explain(&error))?;
        let pages = format!("PRAGMA cache_size = {}", self.pages);
        connection.execute_batch(&pages).map_err(|error| explain(&error))?;
        Ok(Box::new(Tables(connection)))
    }

    fn open_database(&self, file: &Path) -> Result<Box<dyn Database>, Error> {
        self.create_database(file)
    }
}

#[derive(Debug)]
struct Tables(Connection);

impl Database for Tables {
    fn load(
        &mut self,
        table: &str,
        columns: &[Column<'_>],
        fill: &mut dyn FnMut(&mut dyn RowSink) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let described: Vec<String> = columns
            .iter()
            .map(|column| match column.kind {
                ColumnType::Integer => format!("{} INTEGER", column.name),
                ColumnType::Real => format!("{} REAL", column.name),
                _ => format!("{} TEXT", column.name),
            })
            .collect();
        let create = format!("CREATE TABLE {table} ({})", described.join(", "));
        self.0.execute_batch(&create).map_err(|error| explain(&error))?;
        let mut rows = Rows { connection: &self.0, table, count: 0 };
        fill(&mut rows)?;
        Ok(rows.count)
    }

    fn materialize(&mut self, model: &Materialize<'_>) -> Result<u64, Error> {
        let kind = if model.is_view { "VIEW" } else { "TABLE" };
        let create = format!("CREATE {kind} {} AS {}", model.name, model.sql);
        let count = format!("SELECT count(*) FROM {}", model.name);
        self.0
            .execute(&create, ())
            .and_then(|_| self.0.query_row(&count, (), |row| row.get::<_, i64>(0)))
            .map(i64::unsigned_abs)
            .map_err(|error| explain(&error))
    }

    fn query(&mut self, sql: &str, rows: &mut dyn RowSink) -> Result<(), Error> {
        let mut statement = self.0.prepare(sql).map_err(|error| explain(&error))?;
        let names: Vec<&str> = statement.column_names().collect();
        let count = names.len();
        rows.columns(&names)?;
        let mut found = statement.query(()).map_err(|error| explain(&error))?;
        while let Some(row) = found.next().map_err(|error| explain(&error))? {
            let mut values = Vec::with_capacity(count);
            for column in 0..count {
                let value = row.get_ref(column).map_err(|error| explain(&error))?;
                values.push(match value {
                    ValueRef::Integer(value) => Value::Integer(value),
                    ValueRef::Real(value) => Value::Real(value),
                    ValueRef::Text(text) | ValueRef::Blob(text) => Value::Bytes(text),
                    ValueRef::Null => Value::Null,
                });
            }

            rows.row(&values)?;
        }

        Ok(())
    }

    fn remove(&mut self, table: &str) -> Result<(), Error> {
        let drop = format!("DROP TABLE IF EXISTS {table}");
        self.0.execute_batch(&drop).map_err(|error| explain(&error))
    }
}

struct Rows<'a> {
    connection: &'a Connection,
    table: &'a str,
    count: u64,
}

impl RowSink for Rows<'_> {
    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        let values: Vec<String> = values
            .iter()
            .map(|value| match value {
                Value::Integer(value) => value.to_string(),
                Value::Real(value) => format!("{value:?}"),
                Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
                _ => "NULL".to_owned(),
            })
            .collect();
        let insert = format!("INSERT INTO {} VALUES ({})", self.table, values.join(", "));
        self.connection.execute_batch(&insert).map_err(|error| explain(&error))?;
        self.count += 1;
        Ok(())
    }
}

fn explain(error: &rusqlite::Error) -> Error {
    Error::new(ErrorKind::InvalidInput, error.to_string())
}
