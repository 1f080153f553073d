//! Tables and objects that are stored.

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};

use crate::operation::{Operation, span};

/// The storage system.
#[derive(Clone, Copy, Debug, Default, Eq, FloeAttributes, Hash, PartialEq)]
#[floe(rename_all = "snake_case")]
#[non_exhaustive]
pub enum System {
    /// Iceberg tables.
    #[default]
    Iceberg,
    /// Objects in S3 or a compatible store.
    S3,
}

/// An operation on a table or an object.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "storage")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Storage<'a> {
    /// The operation: the last part of the span's name.
    #[floe(examples = ["create_table"])]
    pub operation: &'a str,
    /// The storage system.
    pub system: System,
    /// The name of the table.
    #[floe(key = "storage.table.identifier", examples = ["sales.orders"])]
    pub table: Option<&'a str>,
    /// The namespace of the table.
    #[floe(key = "storage.table.namespace", examples = ["sales"])]
    pub namespace: Option<&'a str>,
    /// The bucket.
    #[floe(examples = ["lake"])]
    pub bucket: Option<&'a str>,
    /// `append`, `overwrite` or `upsert`.
    #[floe(examples = ["append"])]
    pub write_mode: Option<&'a str>,
}

/// The result of an operation.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "storage")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct StorageOutcome {
    /// The id of the table's current snapshot.
    #[floe(examples = [5781])]
    pub snapshot_id: Option<i64>,
    /// The number of rows that were written.
    #[floe(examples = [25000])]
    pub rows_written: Option<u64>,
    /// The number of bytes that were written.
    #[floe(examples = [1048576])]
    pub bytes_written: Option<u64>,
    /// The number of files that a compaction rewrote.
    #[floe(examples = [12])]
    pub files_rewritten: Option<u64>,
    /// The number of snapshots that were removed.
    #[floe(examples = [3])]
    pub snapshots_expired: Option<u64>,
}

impl Operation for Storage<'_> {
    const DOMAIN: &'static str = "storage";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `storage.<operation>`. The span ends when the returned guard is dropped.
///
/// ```
/// use floe_plugin::storage::{Storage, System, storage_span};
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.storage.s3");
///
/// let spans = testing::capture(|| {
///     let _span = storage_span(
///         &TRACER,
///         &Storage {
///             operation: "write",
///             system: System::S3,
///             ..Storage::default()
///         },
///     );
/// });
/// spans.single("storage.write").assert_ok().assert_attribute("storage.system", "s3");
/// ```
#[track_caller]
pub fn storage_span(tracer: &'static Tracer, storage: &Storage<'_>) -> ActiveSpan {
    span(tracer, storage).start()
}
