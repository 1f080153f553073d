//! The files of a product and its platform, which a command reads once.

use std::path::Path;

use floe_plugins::error::Error;
use floe_telemetry::{Mode, TelemetryConfig};

use crate::identity::Identity;
use crate::manifest::{self, Manifest};
use crate::product::{self, Product};
use crate::telemetry;

/// The specification of a product, and the manifest of its platform.
#[derive(Debug)]
pub struct Definition {
    /// The identity, which every span of a run carries.
    pub identity: Identity,
    /// The product's `floe.yaml`.
    pub product: Product,
    /// The platform's `manifest.yaml`.
    pub manifest: Manifest,
    /// The configuration of the telemetry, which is derived from the manifest.
    pub telemetry: TelemetryConfig,
}

/// Reads the product's `floe.yaml` and the platform's manifest, and derives the identity of the product.
pub(crate) fn read_files(
    folder: &Path,
    manifest: Option<&Path>,
    environment: Option<Mode>,
) -> Result<(Identity, Product, Manifest), Error> {
    product::check_folder(folder, "a folder with a floe.yaml")?;
    let path = manifest::locate(folder, manifest)?;
    let product = Product::read(folder)?;
    let manifest = Manifest::read(&path)?;
    let identity = Identity {
        name: product.name.value.to_string(),
        version: product.version.to_string(),
        ..Identity::unnamed(folder, path, &manifest, environment)
    };
    Ok((identity, product, manifest))
}

impl Definition {
    /// Reads the product's `floe.yaml` and the platform's manifest.
    ///
    /// # Errors
    /// One of the files cannot be read or is not valid, or two settings of the telemetry contradict each other; the
    /// error names the place.
    pub fn read(
        folder: &Path,
        manifest: Option<&Path>,
        environment: Option<Mode>,
    ) -> Result<Self, Error> {
        let (identity, product, manifest) = read_files(folder, manifest, environment)?;
        let telemetry = telemetry::config(&identity, &manifest)?;
        Ok(Self { identity, product, manifest, telemetry })
    }
}
