//! Requests to a semantic layer.

use std::path::{Path, PathBuf};
use std::time::Instant;

use floe_telemetry::FloeAttributes;

use crate::error::Error;
use crate::handle::Handle;
use crate::lifecycle::Lifecycle;
use crate::operation::operation;
pub use crate::operation::operation_span as semantic_span;
use crate::product::Product;

/// A request to a semantic layer.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "semantic")]
pub struct Semantic<'a> {
    /// The operation: the last part of the span's name.
    pub operation: &'a str,
    /// The folder that the schemas are written to.
    #[floe(key = "semantic.schema.path")]
    pub schema_path: Option<&'a str>,
}

/// The result of a synchronization.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "semantic")]
pub struct SemanticOutcome {
    /// The number of models that were written.
    #[floe(key = "semantic.model.count")]
    pub model_count: Option<u64>,
    /// The duration in milliseconds.
    pub duration_ms: Option<f64>,
}

operation!("semantic", Semantic.operation);

/// A semantic layer: metrics and dimensions over tables.
pub trait SemanticLayer: Lifecycle {
    /// Writes below `folder` a schema for each gold model, and returns the paths of the files.
    ///
    /// # Errors
    ///
    /// A file cannot be written.
    fn sync(&self, product: &Product<'_>, folder: &Path) -> Result<Vec<PathBuf>, Error>;
}

impl Handle<dyn SemanticLayer> {
    /// Writes the schemas, in the span `semantic.sync`.
    ///
    /// # Errors
    ///
    /// As for [`SemanticLayer::sync`].
    pub fn sync(&self, product: &Product<'_>, folder: &Path) -> Result<Vec<PathBuf>, Error> {
        let schema_path = folder.to_string_lossy();
        let operation = Semantic { operation: "sync", schema_path: Some(&schema_path) };
        let started = Instant::now();
        self.observe(&operation, |layer, span| {
            let files = layer.sync(product, folder)?;
            span.set_attributes(&SemanticOutcome {
                model_count: Some(files.len() as u64),
                duration_ms: Some(started.elapsed().as_secs_f64() * 1e3),
            });
            Ok(files)
        })
    }
}
