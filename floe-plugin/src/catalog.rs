//! Requests to a table catalog.

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};

use crate::address::CleanUrl;
use crate::operation::{Operation, span};

/// A request to a catalog.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "catalog")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
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
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
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
