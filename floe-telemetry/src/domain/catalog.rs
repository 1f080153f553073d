//! Work with a table catalog.

use super::Operation;
use super::CleanUrl;
use super::span::DomainTracer;
use crate::FloeAttributes;
use crate::recorder::ActiveSpan;

/// The name of the domain's tracer.
pub const TRACER_NAME: &str = "floe.catalog";

static TRACER: DomainTracer = DomainTracer::new(TRACER_NAME);

/// A request to a catalog.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "catalog")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct Catalog<'a> {
    /// What is done.
    pub operation: &'a str,
    /// The catalog.
    pub name: Option<&'a str>,
    /// Its address, without credentials.
    pub uri: Option<CleanUrl<'a>>,
    /// The warehouse.
    pub warehouse: Option<&'a str>,
    /// The namespace in the catalog.
    pub namespace: Option<&'a str>,
    /// The table.
    #[floe(key = "catalog.table.name")]
    pub table_name: Option<&'a str>,
    /// The table with its namespace.
    #[floe(key = "catalog.table.full_name")]
    pub table_full_name: Option<&'a str>,
}

/// What a health check found.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "catalog")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct CatalogHealth<'a> {
    /// `healthy` or `unhealthy`.
    #[floe(key = "health.status")]
    pub status: &'a str,
    /// How long the answer took, in milliseconds.
    #[floe(key = "health.response_time_ms")]
    pub response_time_ms: Option<f64>,
}

impl Operation for Catalog<'_> {
    const DOMAIN: &'static str = "catalog";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `catalog.<operation>`, which lasts until the guard is dropped.
///
/// ```
/// use floe_telemetry::domain::catalog::{Catalog, catalog_span};
/// use floe_telemetry::testing;
///
/// let spans = testing::capture(|| {
///     let _span = catalog_span(&Catalog { operation: "create_table", name: Some("polaris"), ..Catalog::default() });
/// });
/// spans.single("catalog.create_table").assert_ok();
/// ```
pub fn catalog_span(catalog: &Catalog<'_>) -> ActiveSpan {
    TRACER.open(catalog)
}
