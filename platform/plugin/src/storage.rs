//! Objects that are stored.

use std::path::Path;

use floe_telemetry::FloeAttributes;

use crate::error::Error;
use crate::handle::Handle;
use crate::lifecycle::Lifecycle;
use crate::operation::operation;
pub use crate::operation::operation_span as storage_span;

/// The storage system.
#[derive(Clone, Copy, Debug, Default, Eq, FloeAttributes, Hash, PartialEq)]
#[floe(rename_all = "snake_case")]
#[non_exhaustive]
pub enum System {
    /// Objects in S3 or a compatible store.
    #[default]
    S3,
    /// Files in a folder.
    File,
}

/// An operation on an object.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "storage")]
pub struct Storage<'a> {
    /// The operation: the last part of the span's name.
    pub operation: &'a str,
    /// The storage system.
    pub system: System,
    /// The bucket.
    pub bucket: Option<&'a str>,
}

/// The object of an operation.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "storage.object")]
pub struct Object<'a> {
    /// The key of the object, or the prefix of the keys.
    pub key: &'a str,
}

/// The result of an operation.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "storage")]
pub struct StorageOutcome {
    /// The number of bytes that were written.
    pub bytes_written: Option<u64>,
}

operation!("storage", Storage.operation);

/// A store of objects: a folder or a bucket.
pub trait ObjectStore: Lifecycle {
    /// The system.
    fn system(&self) -> System;

    /// The bucket. Default: none.
    fn bucket(&self) -> Option<&str> {
        None
    }

    /// The URI below which tables are stored, for example `s3://lake/warehouse`.
    fn warehouse_uri(&self) -> String;

    /// Stores a file under a key, and returns the number of its bytes. Readers find either the old or the new object.
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
        let operation = Storage {
            operation: "put_object",
            system: self.plugin().system(),
            bucket: self.plugin().bucket(),
        };
        self.observe(&operation, |store, span| {
            span.set_attributes(&Object { key });
            let bytes = store.put_object(key, file)?;
            span.set_attributes(&StorageOutcome { bytes_written: Some(bytes) });
            Ok(bytes)
        })
    }
}
