//! The identity of a product, which every span of a run carries.
//!
//! It is read before the compiler runs, so that compilation is traced with it.

use std::path::{Path, PathBuf};

use floe_plugins::error::Error;

use crate::artifacts::CompiledArtifacts;
use crate::environment::Environment;
use crate::manifest::{self, Manifest};
use crate::product::{self, Product};

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
    pub environment: Environment,
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
    /// A line for each asset that ended, to standard error, and on a terminal a bar below them.
    Text,
    /// A line of JSON for each asset that ended, to standard output, and the errors of assets.
    Json,
}

impl Identity {
    /// Reads the identity from the product's `floe.yaml` and the platform's manifest.
    ///
    /// # Errors
    /// One of the two files is missing or not valid; the error names the place.
    pub fn read(
        folder: &Path,
        manifest: Option<&Path>,
        environment: Option<Environment>,
    ) -> Result<(Self, Manifest), Error> {
        product::check_folder(folder, "a folder with a floe.yaml")?;
        let path = manifest::locate(folder, manifest)?;
        let (product, manifest) = match (Product::read(folder), Manifest::read(&path)) {
            (Ok(product), Ok(manifest)) => (product, manifest),
            (Err(one), Err(other)) => return Err(Error::Mistakes(vec![one, other])),
            (Err(error), _) | (_, Err(error)) => return Err(error),
        };
        let identity = Self {
            folder: folder.to_path_buf(),
            namespace: manifest.namespace.to_string(),
            name: product.name.value.to_string(),
            version: product.version.to_string(),
            environment: environment.unwrap_or(manifest.environment),
            manifest: path,
            orchestrator: None,
            lines: Lines::None,
        };
        Ok((identity, manifest))
    }

    /// Returns the identity of the product in `folder`, from artifacts. `path` is the path of the artifacts.
    ///
    /// # Errors
    /// The folder does not exist, or is not a folder.
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

    /// The product with its version and its environment, for example `shop 1.0.0 (dev)`.
    pub(crate) fn title(&self) -> String {
        format!("{} {} ({})", self.name, self.version, self.environment)
    }
}
