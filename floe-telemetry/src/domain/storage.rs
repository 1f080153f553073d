//! Tables and objects that are kept.

use super::Operation;
use super::span::DomainTracer;
use crate::FloeAttributes;
use crate::recorder::ActiveSpan;

/// The name of the tracer of Iceberg tables.
pub const ICEBERG_TRACER_NAME: &str = "floe.storage.iceberg";
/// The name of the tracer of objects in S3.
pub const S3_TRACER_NAME: &str = "floe.storage.s3";

static ICEBERG: DomainTracer = DomainTracer::new(ICEBERG_TRACER_NAME);
static S3: DomainTracer = DomainTracer::new(S3_TRACER_NAME);

/// Where things are kept: each system has a tracer of its own.
#[derive(Clone, Copy, Debug, Default, Eq, FloeAttributes, PartialEq)]
#[floe(rename_all = "snake_case")]
#[non_exhaustive]
pub enum System {
    /// Iceberg tables.
    #[default]
    Iceberg,
    /// Objects in S3 or what speaks like it.
    S3,
}

/// Work on a table or an object.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "storage")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Storage<'a> {
    /// What is done.
    pub operation: &'a str,
    /// Where it is kept.
    pub system: System,
    /// The table.
    #[floe(key = "storage.table.identifier")]
    pub table: Option<&'a str>,
    /// The namespace of the table.
    #[floe(key = "storage.table.namespace")]
    pub namespace: Option<&'a str>,
    /// The bucket.
    pub bucket: Option<&'a str>,
    /// `append`, `overwrite` or `upsert`.
    pub write_mode: Option<&'a str>,
}

/// What the work did.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "storage")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct StorageOutcome {
    /// The snapshot that the table has now.
    pub snapshot_id: Option<i64>,
    /// Rows that were written.
    pub rows_written: Option<u64>,
    /// Bytes that were written.
    pub bytes_written: Option<u64>,
    /// Files that a compaction wrote anew.
    pub files_rewritten: Option<u64>,
    /// Snapshots that were removed.
    pub snapshots_expired: Option<u64>,
}

impl Operation for Storage<'_> {
    const DOMAIN: &'static str = "storage";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `storage.<operation>`, which lasts until the guard is dropped.
///
/// ```
/// use floe_telemetry::domain::storage::{Storage, storage_span};
/// use floe_telemetry::testing;
///
/// let spans = testing::capture(|| {
///     let _span = storage_span(&Storage { operation: "create_table", ..Storage::default() });
/// });
/// assert_eq!(spans.single("storage.create_table").assert_ok().scope(), "floe.storage.iceberg");
/// ```
pub fn storage_span(storage: &Storage<'_>) -> ActiveSpan {
    match storage.system {
        System::Iceberg => ICEBERG.open(storage),
        System::S3 => S3.open(storage),
    }
}
