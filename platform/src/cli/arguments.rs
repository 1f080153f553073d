//! Arguments that several commands have.

use std::path::{Path, PathBuf};

use clap::Args;
use floe_plugins::error::Error;
use floe_telemetry::TelemetryConfig;

use crate::compile;
use crate::environment::Environment;
use crate::identity::Identity;
use crate::manifest::Manifest;
use crate::product;
use crate::select::Select;
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

#[derive(Debug, Args)]
pub(super) struct SelectArgs {
    /// Only these sources and models: NAME, +NAME with all that it reads, NAME+ with all that reads it. Spaces and
    /// commas separate them; a run takes the tables of the others from the warehouse
    #[arg(long, short, value_name = "NAME", num_args = 1.., value_delimiter = ',', value_parser = selected)]
    select: Vec<String>,
}

impl ProductArgs {
    /// The product's identity, its platform's manifest, and the configuration of its telemetry.
    pub(super) fn read(&self) -> Result<(Identity, Manifest, TelemetryConfig), Error> {
        let (identity, manifest) =
            Identity::read(&self.folder, self.manifest.as_deref(), self.env)?;
        let config = telemetry::config(&identity, &manifest).map_err(|error| {
            // The mistakes in the rest of the product are printed with it.
            let others = error.is_mistake().then(|| compile::assets(&identity).err());
            let others = others.flatten().filter(Error::is_mistake);
            Error::mistakes([Some(error), others].into_iter().flatten().collect())
        })?;
        Ok((identity, manifest, config))
    }
}

impl SelectArgs {
    pub(super) fn select(&self) -> Select {
        Select::new(&self.select)
    }
}

/// An empty text, such as a variable that is not set, does not select everything. A name after the option belongs to it,
/// and would leave the current folder as the product.
fn selected(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("expected the name of a source or a model, found an empty text".to_owned());
    }
    if product::spec_path(Path::new(text)).is_file() {
        return Err("it is the folder of a product, which is written before `--select`".to_owned());
    }
    Ok(text.to_owned())
}
