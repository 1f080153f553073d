//! Requests to a table catalog.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};
use secrecy::SecretString;

use crate::address::CleanUrl;
use crate::error::Error;
use crate::handle::{Handle, Kind};
use crate::kind::PluginType;
use crate::lifecycle::Lifecycle;
use crate::operation::{Operation, span};
use crate::storage::StorageOutcome;
use crate::table::Column;

/// A request to a catalog.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "catalog")]
pub struct Catalog<'a> {
    /// The operation: the last part of the span's name.
    #[floe(examples = ["create_table"])]
    pub operation: &'a str,
    /// The name of the catalog.
    #[floe(examples = ["polaris"])]
    pub name: Option<&'a str>,
    /// The address of the catalog, without credentials.
    #[floe(examples = ["https://polaris.example/api/catalog"])]
    pub uri: Option<CleanUrl<'a>>,
    /// The warehouse.
    #[floe(examples = ["main"])]
    pub warehouse: Option<&'a str>,
    /// The namespace in the catalog.
    #[floe(examples = ["sales"])]
    pub namespace: Option<&'a str>,
    /// The name of the table.
    #[floe(key = "catalog.table.name", examples = ["orders"])]
    pub table_name: Option<&'a str>,
    /// The name of the table with its namespace.
    #[floe(key = "catalog.table.full_name", examples = ["sales.orders"])]
    pub table_full_name: Option<&'a str>,
}

/// The result of a health check.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "catalog")]
pub struct CatalogHealth<'a> {
    /// `healthy` or `unhealthy`.
    #[floe(key = "health.status", examples = ["healthy"])]
    pub status: &'a str,
    /// The response time in milliseconds.
    #[floe(key = "health.response_time_ms", examples = [12.5])]
    pub response_time_ms: Option<f64>,
}

impl Operation for Catalog<'_> {
    const DOMAIN: &'static str = "catalog";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `catalog.<operation>`. The span ends when the returned guard is dropped.
///
/// ```
/// use floe_plugin::catalog::{Catalog, catalog_span};
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.catalog.polaris");
///
/// let spans = testing::capture(|| {
///     let _span = catalog_span(
///         &TRACER,
///         &Catalog {
///             operation: "create_table",
///             name: Some("polaris"),
///             ..Catalog::default()
///         },
///     );
/// });
/// spans.single("catalog.create_table").assert_ok().assert_attribute("catalog.name", "polaris");
/// ```
#[track_caller]
pub fn catalog_span(tracer: &'static Tracer, catalog: &Catalog<'_>) -> ActiveSpan {
    span(tracer, catalog).start()
}

/// A catalog of tables. Namespaces have several levels, separated by dots.
pub trait TableCatalog: Lifecycle {
    /// The address. The span has it without credentials.
    fn uri(&self) -> CleanUrl<'_>;

    /// The warehouse in the catalog.
    fn warehouse(&self) -> Option<&str>;

    /// Creates a namespace. Returns whether it did not exist.
    ///
    /// # Errors
    ///
    /// The catalog refused the request or could not be reached.
    fn create_namespace(&self, namespace: &str) -> Result<bool, Error>;

    /// All namespaces, sorted.
    ///
    /// # Errors
    ///
    /// As for [`create_namespace`](Self::create_namespace).
    fn list_namespaces(&self) -> Result<Vec<String>, Error>;

    /// Removes a namespace without tables.
    ///
    /// # Errors
    ///
    /// As for [`create_namespace`](Self::create_namespace).
    fn delete_namespace(&self, namespace: &str) -> Result<(), Error>;

    /// Registers a table. Returns whether it did not exist.
    ///
    /// # Errors
    ///
    /// As for [`create_namespace`](Self::create_namespace).
    fn create_table(&self, table: &NewTable<'_>) -> Result<bool, Error>;

    /// The names of the tables of a namespace, sorted.
    ///
    /// # Errors
    ///
    /// As for [`create_namespace`](Self::create_namespace).
    fn list_tables(&self, namespace: &str) -> Result<Vec<String>, Error>;

    /// Removes a table from the catalog.
    ///
    /// # Errors
    ///
    /// As for [`create_namespace`](Self::create_namespace).
    fn drop_table(&self, namespace: &str, name: &str) -> Result<(), Error>;

    /// Credentials for the files of a table, by the names of the properties. Default: not supported.
    ///
    /// # Errors
    ///
    /// As for [`create_namespace`](Self::create_namespace).
    fn vend_credentials(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<BTreeMap<String, SecretString>, Error> {
        let _ = (namespace, name);
        Err(Error::unsupported("vend_credentials"))
    }

    /// Changes the columns of a table, all of them or none. Data files are not rewritten. Default: not
    /// supported.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a change does not fit the columns; otherwise as for
    /// [`create_namespace`](Self::create_namespace).
    fn evolve_schema(
        &self,
        namespace: &str,
        name: &str,
        changes: &[SchemaChange<'_>],
    ) -> Result<(), Error> {
        let _ = (namespace, name, changes);
        Err(Error::unsupported("evolve_schema"))
    }

    /// The snapshots of a table, the oldest first. Default: not supported.
    ///
    /// # Errors
    ///
    /// As for [`create_namespace`](Self::create_namespace).
    fn list_snapshots(&self, namespace: &str, name: &str) -> Result<Vec<Snapshot>, Error> {
        let _ = (namespace, name);
        Err(Error::unsupported("list_snapshots"))
    }

    /// Makes an earlier snapshot of a table the current one. Default: not supported.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the current snapshot does not descend from it;
    /// otherwise as for [`create_namespace`](Self::create_namespace).
    fn rollback(&self, namespace: &str, name: &str, snapshot: i64) -> Result<(), Error> {
        let _ = (namespace, name, snapshot);
        Err(Error::unsupported("rollback"))
    }

    /// Removes snapshots of a table from its metadata, except for the newest `keep_last` and those that a
    /// branch or a tag refers to. Returns their ids. Data files remain. Default: not supported.
    ///
    /// # Errors
    ///
    /// As for [`create_namespace`](Self::create_namespace).
    fn expire_snapshots(
        &self,
        namespace: &str,
        name: &str,
        keep_last: NonZeroUsize,
    ) -> Result<Vec<i64>, Error> {
        let _ = (namespace, name, keep_last);
        Err(Error::unsupported("expire_snapshots"))
    }
}

/// A change of a table's columns.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SchemaChange<'a> {
    /// A new column, after the others. Its values are null in existing rows.
    Add(Column<'a>),
    /// A new name for a column.
    Rename {
        /// The present name.
        from: &'a str,
        /// The new name.
        to: &'a str,
    },
    /// The column is removed.
    Drop(&'a str),
}

/// A state of a table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Snapshot {
    /// The id.
    pub id: i64,
    /// The id of the snapshot before it.
    pub parent: Option<i64>,
    /// When it was created, in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// `append`, `replace`, `overwrite` or `delete`.
    pub operation: Option<String>,
    /// Whether a reader of the table finds it.
    pub is_current: bool,
}

/// A table that is registered.
#[derive(Clone, Copy, Debug)]
pub struct NewTable<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
    /// Where its files are; `None` lets the catalog choose.
    pub location: Option<&'a str>,
    /// The columns.
    pub columns: &'a [Column<'a>],
}

impl Kind for dyn TableCatalog {
    const TYPE: PluginType = PluginType::Catalog;
}

impl Handle<dyn TableCatalog> {
    /// Creates a namespace, in the span `catalog.create_namespace`.
    ///
    /// # Errors
    ///
    /// As for [`TableCatalog::create_namespace`].
    pub fn create_namespace(&self, namespace: &str) -> Result<bool, Error> {
        let operation = self.request("create_namespace", Some(namespace), None);
        self.observe(&operation, |it, _| it.create_namespace(namespace))
    }

    /// All namespaces, in the span `catalog.list_namespaces`.
    ///
    /// # Errors
    ///
    /// As for [`TableCatalog::list_namespaces`].
    pub fn list_namespaces(&self) -> Result<Vec<String>, Error> {
        let operation = self.request("list_namespaces", None, None);
        self.observe(&operation, |it, _| it.list_namespaces())
    }

    /// Removes a namespace, in the span `catalog.delete_namespace`.
    ///
    /// # Errors
    ///
    /// As for [`TableCatalog::delete_namespace`].
    pub fn delete_namespace(&self, namespace: &str) -> Result<(), Error> {
        let operation = self.request("delete_namespace", Some(namespace), None);
        self.observe(&operation, |it, _| it.delete_namespace(namespace))
    }

    /// Registers a table, in the span `catalog.create_table`.
    ///
    /// # Errors
    ///
    /// As for [`TableCatalog::create_table`].
    pub fn create_table(&self, table: &NewTable<'_>) -> Result<bool, Error> {
        let full_name = format!("{}.{}", table.namespace, table.name);
        let operation = Catalog {
            table_full_name: Some(&full_name),
            ..self.request("create_table", Some(table.namespace), Some(table.name))
        };
        self.observe(&operation, |it, _| it.create_table(table))
    }

    /// The tables of a namespace, in the span `catalog.list_tables`.
    ///
    /// # Errors
    ///
    /// As for [`TableCatalog::list_tables`].
    pub fn list_tables(&self, namespace: &str) -> Result<Vec<String>, Error> {
        let operation = self.request("list_tables", Some(namespace), None);
        self.observe(&operation, |it, _| it.list_tables(namespace))
    }

    /// Removes a table, in the span `catalog.drop_table`.
    ///
    /// # Errors
    ///
    /// As for [`TableCatalog::drop_table`].
    pub fn drop_table(&self, namespace: &str, name: &str) -> Result<(), Error> {
        let operation = self.request("drop_table", Some(namespace), Some(name));
        self.observe(&operation, |it, _| it.drop_table(namespace, name))
    }

    /// Credentials for the files of a table, in the span `catalog.vend_credentials`.
    ///
    /// # Errors
    ///
    /// As for [`TableCatalog::vend_credentials`].
    pub fn vend_credentials(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<BTreeMap<String, SecretString>, Error> {
        let operation = self.request("vend_credentials", Some(namespace), Some(name));
        self.observe(&operation, |it, _| it.vend_credentials(namespace, name))
    }

    /// Changes the columns of a table, in the span `catalog.evolve_schema`.
    ///
    /// # Errors
    ///
    /// As for [`TableCatalog::evolve_schema`].
    pub fn evolve_schema(
        &self,
        namespace: &str,
        name: &str,
        changes: &[SchemaChange<'_>],
    ) -> Result<(), Error> {
        let operation = self.request("evolve_schema", Some(namespace), Some(name));
        self.observe(&operation, |it, _| {
            it.evolve_schema(namespace, name, changes)
        })
    }

    /// The snapshots of a table, in the span `catalog.list_snapshots`.
    ///
    /// # Errors
    ///
    /// As for [`TableCatalog::list_snapshots`].
    pub fn list_snapshots(&self, namespace: &str, name: &str) -> Result<Vec<Snapshot>, Error> {
        let operation = self.request("list_snapshots", Some(namespace), Some(name));
        let current = |snapshots: &Vec<Snapshot>| StorageOutcome {
            snapshot_id: snapshots.iter().find(|it| it.is_current).map(|it| it.id),
            ..StorageOutcome::default()
        };
        self.observe_result(&operation, current, |it| it.list_snapshots(namespace, name))
    }

    /// Makes an earlier snapshot the current one, in the span `catalog.rollback`.
    ///
    /// # Errors
    ///
    /// As for [`TableCatalog::rollback`].
    pub fn rollback(&self, namespace: &str, name: &str, snapshot: i64) -> Result<(), Error> {
        let operation = self.request("rollback", Some(namespace), Some(name));
        let current = |(): &()| StorageOutcome {
            snapshot_id: Some(snapshot),
            ..StorageOutcome::default()
        };
        self.observe_result(&operation, current, |it| {
            it.rollback(namespace, name, snapshot)
        })
    }

    /// Removes snapshots, in the span `catalog.expire_snapshots`.
    ///
    /// # Errors
    ///
    /// As for [`TableCatalog::expire_snapshots`].
    pub fn expire_snapshots(
        &self,
        namespace: &str,
        name: &str,
        keep_last: NonZeroUsize,
    ) -> Result<Vec<i64>, Error> {
        let operation = self.request("expire_snapshots", Some(namespace), Some(name));
        let expired = |ids: &Vec<i64>| StorageOutcome {
            snapshots_expired: Some(ids.len() as u64),
            ..StorageOutcome::default()
        };
        self.observe_result(&operation, expired, |it| {
            it.expire_snapshots(namespace, name, keep_last)
        })
    }

    fn request<'a>(
        &'a self,
        operation: &'a str,
        namespace: Option<&'a str>,
        table_name: Option<&'a str>,
    ) -> Catalog<'a> {
        Catalog {
            operation,
            name: Some(self.name()),
            uri: Some(self.plugin().uri()),
            warehouse: self.plugin().warehouse(),
            namespace,
            table_name,
            table_full_name: None,
        }
    }
}
