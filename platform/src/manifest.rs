//! `manifest.yaml`: what a platform says about all products that run on it.
//!
//! The nearest one counts: in the product's folder, then in each folder above. A product that is
//! copied to a place without one runs on the built-in manifest, `src/manifest.yaml`.

mod observability;
mod telemetry;

use std::fs;
use std::path::{Path, PathBuf};

use floe_telemetry::backend;
use serde::Deserialize;
use serde_saphyr::Spanned;

pub use self::observability::{
    Exporter, LineageTransport, LogFormat, LogLevel, Observability, Protocol,
};
pub use self::telemetry::Telemetry;
use crate::environment::Environment;
use crate::error::{Error, reason};
use crate::place::Place;
use crate::word::Name;
use crate::yaml;

/// The name of the file.
pub const FILE_NAME: &str = "manifest.yaml";

/// What stands for the path of the built-in manifest.
pub const BUILT_IN: &str = "(built-in manifest)";

/// The contents of `manifest.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The platform's name.
    pub name: Name,
    /// Who runs it.
    pub owner: Option<String>,
    /// What its products belong to.
    pub namespace: Name,
    /// The environment when the command names none.
    #[serde(default)]
    pub environment: Environment,
    /// What is asked of every product.
    #[serde(default)]
    pub governance: Governance,
    /// How products are observed, in the platform's words.
    #[serde(default)]
    pub observability: Observability,
    /// The same, in those of the telemetry runtime.
    #[serde(default)]
    pub telemetry: Telemetry,
    /// Which plugins do the platform's work.
    #[serde(default)]
    pub plugins: Plugins,
}

/// What is asked of every product, checked by the stage `enforce`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Governance {
    /// The product must name its owner.
    pub require_owner: bool,
    /// The product, its sources and its models must be described.
    pub require_descriptions: bool,
    /// What a bronze model's name must begin with.
    pub bronze_prefix: Option<String>,
}

/// Which plugins do the platform's work.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plugins {
    /// Where telemetry is kept.
    pub telemetry_backend: Option<Selection<BackendName>>,
}

/// The choice of a plugin: `{ type: jaeger }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection<N> {
    /// The plugin's name.
    #[serde(rename = "type")]
    pub kind: Spanned<N>,
}

/// The name of a telemetry backend that is linked into the program.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct BackendName(String);

impl Manifest {
    /// Reads a manifest, or the built-in one when its path says so.
    ///
    /// # Errors
    /// When there is no such file, or it is not a manifest; with the place.
    pub fn read(path: &Path) -> Result<Self, Error> {
        if path == Path::new(BUILT_IN) {
            return yaml::parse(path, include_str!("manifest.yaml"));
        }
        yaml::read(path)
    }
}

impl BackendName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for BackendName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match backend::find(&name) {
            Ok(_) => Ok(Self(name)),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The manifest that counts for a product: the given one, else the nearest, else the built-in.
///
/// # Errors
/// When the product's folder cannot be found.
pub fn locate(product: &Path, given: Option<&Path>) -> Result<PathBuf, Error> {
    if let Some(given) = given {
        return Ok(given.to_path_buf());
    }
    let own = product.join(FILE_NAME);
    if own.is_file() {
        return Ok(own);
    }
    let absolute = fs::canonicalize(product).map_err(|error| {
        Error::input(
            Place::file(product),
            format!("cannot read it: {}", reason(&error)),
        )
    })?;
    let nearest = absolute
        .ancestors()
        .skip(1)
        .map(|folder| folder.join(FILE_NAME))
        .find(|path| path.is_file());
    Ok(nearest.unwrap_or_else(|| PathBuf::from(BUILT_IN)))
}
