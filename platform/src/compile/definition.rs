//! The files of a product and its platform, which a command reads once.

use std::path::Path;

use floe_plugins::error::Error;
use floe_telemetry::TelemetryConfig;

use crate::environment::Environment;
use crate::identity::{Identity, Lines};
use crate::manifest::{self, Manifest};
use crate::product::{self, Product};
use crate::telemetry;

/// A product as it is written, with the manifest of its platform.
#[derive(Debug)]
pub struct Definition {
    /// The identity, which every span of a run carries.
    pub identity: Identity,
    /// The product's `floe.yaml`.
    pub product: Product,
    /// The platform's `manifest.yaml`.
    pub manifest: Manifest,
    /// The configuration of the telemetry, which follows from the manifest.
    pub telemetry: TelemetryConfig,
}

/// Reads the product's `floe.yaml` and the platform's manifest, and the identity that follows from them.
///
/// # Errors
/// One of the two files is missing or not valid; the error names the place.
pub(crate) fn read_files(
    folder: &Path,
    manifest: Option<&Path>,
    environment: Option<Environment>,
) -> Result<(Identity, Product, Manifest), Error> {
    product::check_folder(folder, "a folder with a floe.yaml")?;
    let path = manifest::locate(folder, manifest)?;
    let (product, manifest) = match (Product::read(folder), Manifest::read(&path)) {
        (Ok(product), Ok(manifest)) => (product, manifest),
        (Err(one), Err(other)) => return Err(Error::Mistakes(vec![one, other])),
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    let identity = Identity {
        folder: folder.to_path_buf(),
        namespace: manifest.namespace.to_string(),
        name: product.name.value.to_string(),
        version: product.version.to_string(),
        environment: environment.unwrap_or(manifest.environment),
        manifest: path,
        orchestrator: None,
        lines: Lines::None,
    };
    Ok((identity, product, manifest))
}

impl Definition {
    /// Reads the product's `floe.yaml` and the platform's manifest.
    ///
    /// # Errors
    /// One of the two files is missing or not valid, or two settings of the telemetry contradict each other, which is
    /// told with the other mistakes of the product; the error names the place.
    pub fn read(
        folder: &Path,
        manifest: Option<&Path>,
        environment: Option<Environment>,
    ) -> Result<Self, Error> {
        let (identity, product, manifest) = read_files(folder, manifest, environment)?;
        let telemetry = telemetry::config(&identity, &manifest).map_err(|error| {
            let check = || super::first_stages(&identity, &product, &manifest, |_, _| Ok(()));
            let others = error.is_mistake().then(|| check().err());
            let others = others.flatten().filter(Error::is_mistake);
            Error::mistakes([Some(error), others].into_iter().flatten().collect())
        })?;
        Ok(Self { identity, product, manifest, telemetry })
    }
}
