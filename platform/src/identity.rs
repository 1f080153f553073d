//! The identity of a product, which every span of a run carries.
//!
//! It is known before the compiler runs, so that the spans of the compilation carry it, too.

use std::path::{Path, PathBuf};

use floe_plugins::error::Error;
use floe_telemetry::Mode;

use crate::artifacts::CompiledArtifacts;
use crate::manifest::Manifest;
use crate::product;

/// A product, its folder, and the environment that it is compiled for.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The product's folder.
    pub folder: PathBuf,
    /// The manifest that applies to the product; for a run from artifacts, the path of the artifacts.
    pub manifest: PathBuf,
    /// The namespace of the product.
    pub namespace: String,
    /// The product's name.
    pub name: String,
    /// The product's version.
    pub version: String,
    /// The environment of the compilation.
    pub environment: Mode,
    /// The orchestrator chosen on the command line.
    pub orchestrator: Option<String>,
    /// The lines that a run prints while it builds assets.
    pub lines: Lines,
}

/// The lines that a run prints while it builds assets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lines {
    /// Nothing.
    #[default]
    None,
    /// The errors of assets, to standard error.
    Errors,
    /// A title, and a line for each asset that ended, to standard error.
    Text,
}

impl Identity {
    /// Returns the identity of a product in `folder` whose name and version are not known.
    pub(crate) fn unnamed(
        folder: &Path,
        path: PathBuf,
        manifest: &Manifest,
        environment: Option<Mode>,
    ) -> Self {
        Self {
            folder: folder.to_path_buf(),
            manifest: path,
            namespace: manifest.namespace.to_string(),
            name: String::new(),
            version: String::new(),
            environment: environment.unwrap_or(manifest.environment),
            orchestrator: None,
            lines: Lines::None,
        }
    }

    /// Returns the identity of the product in `folder` from its artifacts, which were read from `path`.
    ///
    /// # Errors
    /// The folder does not exist, is not a folder, or cannot be examined.
    pub fn compiled(
        folder: &Path,
        path: &Path,
        artifacts: &CompiledArtifacts,
    ) -> Result<Self, Error> {
        product::check_folder(folder, "the folder of the product")?;
        let metadata = &artifacts.metadata;
        Ok(Self {
            folder: folder.to_path_buf(),
            manifest: path.to_path_buf(),
            namespace: metadata.namespace.clone(),
            name: metadata.product_name.clone(),
            version: metadata.product_version.clone(),
            environment: metadata.environment,
            orchestrator: None,
            lines: Lines::None,
        })
    }

    /// Returns the product with its version and its environment, for example `shop 1.0.0 (dev)`.
    pub(crate) fn title(&self) -> String {
        format!("{} {} ({})", self.name, self.version, self.environment)
    }
}
