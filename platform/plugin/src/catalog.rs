//! Requests to a table catalog.

use floe_telemetry::FloeAttributes;

use crate::address::CleanUrl;
use crate::error::Error;
use crate::handle::Handle;
use crate::lifecycle::Lifecycle;
use crate::operation::operation;
pub use crate::operation::operation_span as catalog_span;

/// A request to a catalog.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "catalog")]
pub struct Catalog<'a> {
    /// The operation: the last part of the span's name.
    pub operation: &'a str,
    /// The name of the catalog.
    pub name: Option<&'a str>,
    /// The address of the catalog, without credentials.
    pub uri: Option<CleanUrl<'a>>,
    /// The warehouse.
    pub warehouse: Option<&'a str>,
    /// The namespace in the catalog.
    pub namespace: Option<&'a str>,
    /// The name of the table.
    #[floe(key = "catalog.table.name")]
    pub table_name: Option<&'a str>,
    /// The name of the table with its namespace.
    #[floe(key = "catalog.table.full_name")]
    pub table_full_name: Option<&'a str>,
}

operation!("catalog", Catalog.operation);

/// A catalog of tables in namespaces.
pub trait TableCatalog: Lifecycle {
    /// Returns the address of the catalog. The span contains it without credentials.
    fn uri(&self) -> CleanUrl<'_>;

    /// Returns the warehouse in the catalog, if one is configured.
    fn warehouse(&self) -> Option<&str>;

    /// Creates a namespace. Returns whether the namespace is new.
    ///
    /// # Errors
    ///
    /// The catalog refused the request or could not be reached.
    fn create_namespace(&self, namespace: &str) -> Result<bool, Error>;

    /// Registers a table whose rows are in the object store. Returns whether the table is new.
    ///
    /// # Errors
    ///
    /// As for [`create_namespace`](Self::create_namespace).
    fn create_table(&self, table: &StoredTable<'_>) -> Result<bool, Error>;
}

/// A table in the object store.
#[derive(Clone, Copy, Debug)]
pub struct StoredTable<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
    /// The URI of the object with its rows: CSV, with the names of the columns in the first line.
    pub location: &'a str,
}

impl Handle<dyn TableCatalog> {
    /// Creates a namespace, in the span `catalog.create_namespace`.
    ///
    /// # Errors
    ///
    /// As for [`TableCatalog::create_namespace`].
    pub fn create_namespace(&self, namespace: &str) -> Result<bool, Error> {
        let operation = self.request("create_namespace", namespace);
        self.observe(&operation, |it, _| it.create_namespace(namespace))
    }

    /// Registers a table, in the span `catalog.create_table`.
    ///
    /// # Errors
    ///
    /// As for [`TableCatalog::create_table`].
    pub fn create_table(&self, table: &StoredTable<'_>) -> Result<bool, Error> {
        let full_name = format!("{}.{}", table.namespace, table.name);
        let operation = Catalog {
            table_name: Some(table.name),
            table_full_name: Some(&full_name),
            ..self.request("create_table", table.namespace)
        };
        self.observe(&operation, |it, _| it.create_table(table))
    }

    fn request<'a>(&'a self, operation: &'a str, namespace: &'a str) -> Catalog<'a> {
        Catalog {
            operation,
            name: Some(self.name()),
            uri: Some(self.plugin().uri()),
            warehouse: self.plugin().warehouse(),
            namespace: Some(namespace),
            ..Catalog::default()
        }
    }
}
