//! Operations of a compute engine.

use std::any::Any;
use std::fmt;
use std::path::Path;

use floe_telemetry::FloeAttributes;
use serde_json::Value as Json;

use crate::error::{Error, ErrorKind};
use crate::handle::{Handle, Kind, observe};
use crate::lifecycle::Lifecycle;
pub use crate::operation::operation_span as compute_span;
use crate::operation::{Opener, operation};
use crate::table::{Column, RowSink, Value};

/// An operation of a compute engine.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "compute")]
pub struct Compute<'a> {
    /// The operation: the last part of the span's name.
    pub operation: &'a str,
    /// The name of the engine.
    pub engine: &'a str,
    /// The path of the database file, or the address of the server.
    pub db_path: Option<&'a str>,
    /// The target of dbt's profile.
    pub target: Option<&'a str>,
}

/// The database system and the table that an operation uses.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "db")]
pub struct DatabaseTable<'a> {
    /// The database system.
    #[floe(key = "db.system.name")]
    pub system: &'a str,
    /// The table or view.
    #[floe(key = "db.collection.name")]
    pub table: Option<&'a str>,
}

/// A model that an engine builds.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "floe.transform")]
pub struct Transform<'a> {
    /// The name of the model.
    pub model: &'a str,
    /// The layer of the model: `bronze`, `silver` or `gold`.
    pub layer: &'a str,
    /// The form in which the query's result is stored: `table` or `view`.
    pub materialization: &'a str,
}

/// The result of building a model.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "floe.transform")]
pub struct TransformOutcome {
    /// The number of rows of the table or view.
    pub rows_affected: Option<u64>,
}

operation!("compute", Compute.operation);

/// A database in which a product stores its tables: a [`QueryEngine`] or a [`DbtEngine`].
pub trait ComputeEngine: Lifecycle {
    /// Checks that the engine can use the database in `file`, which may not exist yet. Default: any database is
    /// accepted.
    ///
    /// # Errors
    ///
    /// The file is not a database of this engine, or cannot be read.
    fn validate_connection(&self, file: &Path) -> Result<(), Error> {
        let _ = file;
        Ok(())
    }
}

/// An engine that runs the queries of a product itself.
pub trait QueryEngine: ComputeEngine {
    /// Returns the name of the database system in OpenTelemetry's conventions, for example `sqlite`.
    fn system_name(&self) -> &str;

    /// Creates a database for one writer, in a file that is empty or does not exist yet.
    ///
    /// # Errors
    ///
    /// The engine does not run, or the file cannot be created.
    fn create_database(&self, file: &Path) -> Result<Box<dyn Database>, Error>;

    /// Opens a database that another process has created and closed, for one writer. The database must contain no
    /// incomplete table, even if a process was killed while it wrote.
    ///
    /// # Errors
    ///
    /// There is no such database, or it cannot be opened.
    fn open_database(&self, file: &Path) -> Result<Box<dyn Database>, Error>;

    /// Locks a database against writers until the returned value is dropped, so that its file can be copied, replaced,
    /// renamed or removed. Changes in other files, such as a write-ahead log, are first moved into the file. Default:
    /// the file is the whole database, and nothing is locked.
    ///
    /// # Errors
    ///
    /// A program writes to the database for too long.
    fn lock_database(&self, file: &Path) -> Result<Option<Box<dyn Any>>, Error> {
        let _ = file;
        Ok(None)
    }
}

/// An engine in which dbt builds the models of a product.
pub trait DbtEngine: ComputeEngine {
    /// Generates the profile with which dbt connects to the database: the value of an output in `profiles.yml`.
    ///
    /// # Errors
    ///
    /// The target or the file cannot be written into a profile.
    fn generate_profile(&self, file: &Path, target: &str) -> Result<Json, Error>;
}

/// An open database, which is complete in its file once it is dropped. Its methods open no spans, because their caller,
/// [`Session`], does.
///
/// A statement that a signal interrupts fails with the kind [`Interrupted`](ErrorKind::Interrupted). A wrong query
/// fails with [`InvalidInput`](ErrorKind::InvalidInput) or a more specific kind, and with the
/// [offset](Error::at_offset) of the mistake if the engine reports it.
pub trait Database: fmt::Debug {
    /// Creates a table with the rows that `fill` writes, and returns their number. If `fill` fails, no table is
    /// created.
    ///
    /// # Errors
    ///
    /// The errors of `fill`, or a row does not have the types of the columns.
    fn load(
        &mut self,
        table: &str,
        columns: &[Column<'_>],
        fill: &mut dyn FnMut(&mut dyn RowSink) -> Result<(), Error>,
    ) -> Result<u64, Error>;

    /// Stores the result of a query as a table or a view, and returns the number of its rows.
    ///
    /// # Errors
    ///
    /// The query is wrong.
    fn materialize(&mut self, model: &Materialize<'_>) -> Result<u64, Error>;

    /// Runs a read-only query, and passes the names of the result's columns and then its rows to `rows`.
    ///
    /// # Errors
    ///
    /// The query is wrong or changes data, or `rows` refuses a row.
    fn query(&mut self, sql: &str, rows: &mut dyn RowSink) -> Result<(), Error>;

    /// Removes a table or a view, if there is one.
    ///
    /// # Errors
    ///
    /// The table or the view cannot be removed.
    fn remove(&mut self, table: &str) -> Result<(), Error>;
}

/// A query whose result is stored.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Materialize<'a> {
    /// The name of the table or view.
    pub name: &'a str,
    /// Whether a view is created, which stores the query instead of its result.
    pub is_view: bool,
    /// The query: one `SELECT`.
    pub sql: &'a str,
}

/// An open database, with a span for each operation.
pub struct Session {
    database: Box<dyn Database>,
    span: Opener,
    engine: &'static str,
    system: String,
    db_path: String,
}

impl<K: ?Sized + Kind + ComputeEngine> Handle<K> {
    /// Checks that the engine can use a database, in the span `compute.validate_connection`.
    ///
    /// # Errors
    ///
    /// As for [`ComputeEngine::validate_connection`].
    pub fn validate_connection(&self, file: &Path) -> Result<(), Error> {
        let db_path = file.to_string_lossy();
        let operation = Compute {
            operation: "validate_connection",
            engine: self.name(),
            db_path: Some(&db_path),
            ..Compute::default()
        };
        self.observe(&operation, |engine, _| engine.validate_connection(file))
    }
}

impl Handle<dyn QueryEngine> {
    /// Creates a database, in the span `compute.create_database`.
    ///
    /// # Errors
    ///
    /// As for [`QueryEngine::create_database`].
    pub fn create_database(&self, file: &Path) -> Result<Session, Error> {
        self.session("create_database", file, |engine| engine.create_database(file))
    }

    /// Opens a database that exists, in the span `compute.open_database`.
    ///
    /// # Errors
    ///
    /// As for [`QueryEngine::open_database`].
    pub fn open_database(&self, file: &Path) -> Result<Session, Error> {
        self.session("open_database", file, |engine| engine.open_database(file))
    }

    fn session(
        &self,
        operation: &'static str,
        file: &Path,
        open: impl FnOnce(&dyn QueryEngine) -> Result<Box<dyn Database>, Error>,
    ) -> Result<Session, Error> {
        let db_path = file.to_string_lossy().into_owned();
        let operation = Compute {
            operation,
            engine: self.name(),
            db_path: Some(&db_path),
            ..Compute::default()
        };
        let database = self.observe(&operation, |engine, _| open(engine))?;
        Ok(Session {
            database,
            span: self.opener(),
            engine: self.name(),
            system: self.plugin().system_name().to_owned(),
            db_path,
        })
    }
}

impl Handle<dyn DbtEngine> {
    /// Generates the profile with which dbt connects, in the span `compute.generate_profile`.
    ///
    /// # Errors
    ///
    /// As for [`DbtEngine::generate_profile`].
    pub fn generate_profile(&self, file: &Path, target: &str) -> Result<Json, Error> {
        let operation = Compute {
            operation: "generate_profile",
            engine: self.name(),
            target: Some(target),
            ..Compute::default()
        };
        self.observe(&operation, |engine, _| engine.generate_profile(file, target))
    }
}

impl Session {
    /// Returns the name of the database system in OpenTelemetry's conventions.
    pub fn system_name(&self) -> &str {
        &self.system
    }

    /// Creates a table, in the span `compute.load`.
    ///
    /// # Errors
    ///
    /// As for [`Database::load`].
    pub fn load(
        &mut self,
        table: &str,
        columns: &[Column<'_>],
        fill: &mut dyn FnMut(&mut dyn RowSink) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        self.observe("load", Some(table), |it| it.load(table, columns, fill))
    }

    /// Stores the result of a query, in the span `compute.materialize`.
    ///
    /// # Errors
    ///
    /// As for [`Database::materialize`].
    pub fn materialize(&mut self, model: &Materialize<'_>) -> Result<u64, Error> {
        self.observe("materialize", Some(model.name), |it| it.materialize(model))
    }

    /// Runs a query, in the span `compute.query`.
    ///
    /// # Errors
    ///
    /// As for [`Database::query`].
    pub fn query(&mut self, sql: &str, rows: &mut dyn RowSink) -> Result<(), Error> {
        self.observe("query", None, |it| it.query(sql, rows))
    }

    /// Removes a table or a view, in the span `compute.remove`.
    ///
    /// # Errors
    ///
    /// As for [`Database::remove`].
    pub fn remove(&mut self, table: &str) -> Result<(), Error> {
        self.observe("remove", Some(table), |it| it.remove(table))
    }

    /// Runs a query and returns the first value of its first row as a count; 0 if there is no row or the value is null.
    ///
    /// # Errors
    ///
    /// As for [`Database::query`]; or the first value of a row is neither a count nor null.
    pub fn count(&mut self, sql: &str) -> Result<u64, Error> {
        let mut count = Count(None);
        self.query(sql, &mut count)?;
        Ok(count.0.unwrap_or(0))
    }

    /// Returns the names of the columns of a table, without a span.
    ///
    /// # Errors
    ///
    /// As for [`Database::query`].
    pub fn columns(&mut self, table: &str) -> Result<Vec<String>, Error> {
        let mut columns = Columns(Vec::new());
        let query = format!("SELECT * FROM \"{table}\" LIMIT 0");
        self.database.query(&query, &mut columns)?;
        Ok(columns.0)
    }

    fn observe<T>(
        &mut self,
        operation: &'static str,
        table: Option<&str>,
        run: impl FnOnce(&mut dyn Database) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let operation = Compute {
            operation,
            engine: self.engine,
            db_path: Some(&self.db_path),
            ..Compute::default()
        };
        let database = DatabaseTable { system: &self.system, table };
        observe(self.span, &operation, |span| {
            span.set_attributes(&database);
            run(&mut *self.database)
        })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.database.fmt(f)
    }
}

struct Columns(Vec<String>);

impl RowSink for Columns {
    fn columns(&mut self, names: &[&str]) -> Result<(), Error> {
        self.0 = names.iter().map(|name| (*name).to_owned()).collect();
        Ok(())
    }

    fn row(&mut self, _: &[Value<'_>]) -> Result<(), Error> {
        Ok(())
    }
}

struct Count(Option<u64>);

impl RowSink for Count {
    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        let count = match values.first() {
            Some(Value::Integer(count)) => u64::try_from(*count).ok(),
            Some(Value::Null) => Some(0),
            _ => None,
        };
        let not_a_count = || Error::new(ErrorKind::InvalidResponse, "expected a count as result");
        self.0.get_or_insert(count.ok_or_else(not_a_count)?);
        Ok(())
    }
}
