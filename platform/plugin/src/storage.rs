//! Objects that are stored.

use std::path::Path;

use floe_telemetry::FloeAttributes;

use crate::error::Error;
use crate::handle::Handle;
use crate::lifecycle::Lifecycle;
use crate::operation::operation;
pub use crate::operation::operation_span as storage_span;

/// An operation on an object.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "storage")]
pub struct Storage<'a> {
    /// The operation: the last part of the span's name.
    pub operation: &'a str,
    /// The storage system, for example `file`.
    pub system: &'a str,
    /// The key of the object.
    #[floe(key = "storage.object.key")]
    pub object_key: &'a str,
}

/// The result of an operation.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "storage")]
pub struct StorageOutcome {
    /// The number of bytes that were written.
    pub bytes_written: Option<u64>,
}

operation!("storage", Storage.operation);

/// A store of objects.
pub trait ObjectStore: Lifecycle {
    /// Returns the storage system, for example `file`.
    fn system(&self) -> &str;

    /// Returns the URI below which tables are stored, for example `s3://lake/warehouse`.
    fn warehouse_uri(&self) -> String;

    /// Stores a file under a key, and returns its size in bytes. Readers find either the old or the new object.
    ///
    /// # Errors
    ///
    /// The store refused the object or could not be reached.
    fn put_object(&self, key: &str, file: &Path) -> Result<u64, Error>;
}

impl Handle<dyn ObjectStore> {
    /// Stores a file, in the span `storage.put_object`.
    ///
    /// # Errors
    ///
    /// As for [`ObjectStore::put_object`].
    pub fn put_object(&self, key: &str, file: &Path) -> Result<u64, Error> {
        let system = self.plugin().system();
        let operation = Storage { operation: "put_object", system, object_key: key };
        self.observe(&operation, |store, span| {
            let bytes = store.put_object(key, file)?;
            span.set_attributes(&StorageOutcome { bytes_written: Some(bytes) });
            Ok(bytes)
        })
    }
}
