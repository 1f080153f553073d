//! Arguments that several commands have.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use floe_plugins::error::Error;
use floe_telemetry::Mode;

use crate::compile::Definition;

#[derive(Debug, Args)]
pub(super) struct ProductArgs {
    /// The product's folder, with its floe.yaml
    #[arg(value_name = "PRODUCT", default_value = ".", hide_default_value = true)]
    pub(super) folder: PathBuf,
    #[command(flatten)]
    pub(super) platform: PlatformArgs,
}

#[derive(Debug, Args)]
pub(super) struct PlatformArgs {
    /// The environment to compile for [default: the manifest's environment, else dev]
    #[arg(long, value_parser = PossibleValuesParser::new(["dev", "staging", "prod"]).try_map(|it| it.parse::<Mode>()))]
    pub(super) env: Option<Mode>,
    /// The platform's manifest [default: the nearest manifest.yaml in the product's folder or
    /// above it, else a built-in one]
    #[arg(long, value_name = "PATH")]
    pub(super) manifest: Option<PathBuf>,
}

impl ProductArgs {
    pub(super) fn read(&self) -> Result<Definition, Error> {
        self.platform.read(&self.folder)
    }
}

impl PlatformArgs {
    pub(super) fn read(&self, folder: &Path) -> Result<Definition, Error> {
        Definition::read(folder, self.manifest.as_deref(), self.env)
    }
}
