//! `manifest.yaml`: the settings of a platform for all products that run on it.
//!
//! Unless the command line names a manifest, a product uses the one in its folder, or else in the closest folder above.
//! Without one, it uses the built-in manifest, `src/manifest.yaml`.

pub mod selection;

mod observability;
mod plugins;
mod telemetry;

use std::fs;
use std::path::{Path, PathBuf};

use floe_plugin::backend;
use floe_plugins::error::{Error, reason};
use floe_plugins::place::Place;
use floe_telemetry::Mode;
use floe_telemetry::config::yaml::{Mistake, Spanned, parse};
use serde::Deserialize;

pub use self::observability::{Exporter, LineageTransport, LogFormat, LogLevel, Observability};
pub use self::plugins::Plugins;
pub use self::telemetry::Telemetry;
use crate::manifest::selection::Selected;
use crate::word::Name;
use floe_plugins::files::yaml;

/// The name of the file.
pub const FILE_NAME: &str = "manifest.yaml";

/// The path that stands for the built-in manifest.
pub const BUILT_IN: &str = "(built-in manifest)";

/// The contents of `manifest.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The platform's name, for readers of the file.
    pub name: Name,
    /// The owner of the platform, for readers of the file.
    pub owner: Option<String>,
    /// The namespace of the platform's products.
    pub namespace: Name,
    /// The environment if the command line sets none.
    #[serde(default)]
    pub environment: Mode,
    /// The tracing, lineage and logging of products, with the platform's keys.
    #[serde(default)]
    pub observability: Observability,
    /// The telemetry of products, with the keys of the telemetry runtime.
    #[serde(default)]
    pub telemetry: Telemetry,
    /// The plugins of the platform.
    #[serde(default)]
    pub plugins: Plugins,
}

/// The selection of a plugin, for example `{ type: jaeger }`.
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
    /// Reads a manifest, or the built-in one if the path is [`BUILT_IN`].
    ///
    /// # Errors
    /// The file cannot be read or is not valid; the error names the place.
    pub fn read(path: &Path) -> Result<Self, Error> {
        if path == Path::new(BUILT_IN) {
            return Self::parse(path, include_str!("manifest.yaml"));
        }
        Self::parse(path, &yaml::text(path)?)
    }

    /// Parses the text of a manifest. `file` is the path in errors.
    ///
    /// # Errors
    /// The text is not valid; the error names the place.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Error> {
        let refused = |mistake: Mistake| yaml::refused(file, &mistake);
        let document = parse(text).map_err(refused)?;
        let mut manifest: Self = document.read().map_err(refused)?;
        if let Some(section) = document.entries().iter().find(|it| it.key == "plugins") {
            manifest.plugins.take(&section.value, file)?;
        }
        Ok(manifest)
    }
}

impl Manifest {
    /// Returns the plugins that the manifest `file` selects, and embedded plugins for other types. Checks that each is
    /// linked into the program and accepts its configuration, whose relative paths are below `folder`.
    ///
    /// # Errors
    /// A selection is not valid, or lineage over HTTP has no endpoint; the error names the place.
    pub fn selected_plugins(&self, file: &Path, folder: &Path) -> Result<Vec<Selected>, Error> {
        let lineage = &self.observability.lineage;
        let endpoint = lineage.endpoint.as_deref();
        if lineage.enabled
            && lineage.transport == Some(LineageTransport::Http)
            && endpoint.is_none()
        {
            let message = "expected `observability.lineage.endpoint` for the transport http, for example `http://marquez:5000`, found none";
            return Err(Error::input(Place::file(file), message));
        }
        self.plugins.check(file, folder, |selected| {
            let transport = lineage.transport;
            let selected = selection::with_lineage(selected, lineage.enabled, transport, endpoint);
            selection::with_defaults(selected)
        })
    }
}

impl BackendName {
    /// Returns the name.
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

/// Returns the path of the manifest of a product: `given`, else the nearest manifest, else [`BUILT_IN`].
///
/// # Errors
/// The product's folder cannot be read.
pub fn locate(product: &Path, given: Option<&Path>) -> Result<PathBuf, Error> {
    if let Some(given) = given {
        return Ok(given.to_path_buf());
    }
    let own = product.join(FILE_NAME);
    if exists(&own) {
        return Ok(own);
    }
    let absolute = fs::canonicalize(product).map_err(|error| {
        Error::input(Place::file(product), format!("cannot read it: {}", reason(&error)))
    })?;
    let nearest =
        absolute.ancestors().skip(1).map(|folder| folder.join(FILE_NAME)).find(|path| exists(path));
    Ok(nearest.unwrap_or_else(|| PathBuf::from(BUILT_IN)))
}

/// Whether the path exists. A manifest that is not a regular file counts, so that reading it fails: otherwise its rules
/// would be skipped.
fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}
