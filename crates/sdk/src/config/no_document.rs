//! Configuration files in a program without YAML: each is an error.

use std::path::Path;

use super::feature::needed;
use super::telemetry::TelemetryConfig;
use crate::error::Error;

impl TelemetryConfig {
    pub(super) fn read_document(path: &Path) -> Result<Self, Error> {
        Err(without_yaml(path))
    }

    #[expect(clippy::unused_self, reason = "the signature of the other module")]
    pub(super) fn apply_config_file(&mut self, path: &Path) -> Result<(), Error> {
        Err(without_yaml(path))
    }
}

fn without_yaml(path: &Path) -> Error {
    let found = format!("the configuration file `{}`", path.display());
    Error::config(needed(&found, "yaml"))
}
