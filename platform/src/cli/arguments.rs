//! Arguments that several commands have.

use std::path::PathBuf;

use clap::Args;
use floe_plugins::error::Error;
use floe_telemetry::TelemetryConfig;

use crate::compile;
use crate::environment::Environment;
use crate::identity::Identity;
use crate::manifest::Manifest;
use crate::telemetry;

#[derive(Debug, Args)]
pub(super) struct ProductArgs {
    /// The product's folder, with its floe.yaml
    #[arg(value_name = "PRODUCT", default_value = ".", hide_default_value = true)]
    pub(super) folder: PathBuf,
    /// The environment to compile for [default: the manifest's environment, else dev]
    #[arg(long, value_enum)]
    env: Option<Environment>,
    /// The platform's manifest [default: the nearest manifest.yaml in the product's folder or
    /// above it, else a built-in one]
    #[arg(long, value_name = "PATH")]
    manifest: Option<PathBuf>,
}

impl ProductArgs {
    /// Reads the product's identity, its platform's manifest, and the configuration of its telemetry.
    pub(super) fn read(&self) -> Result<(Identity, Manifest, TelemetryConfig), Error> {
        let (identity, manifest) =
            Identity::read(&self.folder, self.manifest.as_deref(), self.env)?;
        let config = telemetry::config(&identity, &manifest).map_err(|error| {
            // The mistakes in the rest of the product are printed with it.
            let others = error.is_mistake().then(|| compile::check(&identity).err());
            let others = others.flatten().filter(Error::is_mistake);
            Error::mistakes([Some(error), others].into_iter().flatten().collect())
        })?;
        Ok((identity, manifest, config))
    }
}
