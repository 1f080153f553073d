//! Redacts credentials in the texts of a product before they are written into its artifacts.

use std::borrow::Cow;
use std::path::Path;

use floe_plugins::error::Error as PlatformError;
use floe_plugins::place::Place;
use floe_telemetry::{REDACTED, sanitize_credentials};
use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::CompiledArtifacts;
use crate::product;

pub(super) fn all<T: Serialize, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    redacted(value).map_err(Error::custom)?.serialize(serializer)
}

fn redacted<T: Serialize>(value: &T) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(value)?;
    redact(&mut value);
    Ok(value)
}

fn redact(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(safe) = sanitize_credentials(text) {
                *text = safe;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(redact),
        Value::Object(values) => values.values_mut().for_each(redact),
        _ => {}
    }
}

/// Refuses artifacts in which a source or a model was redacted, because they differ from the compiled product.
pub(super) fn refuse(artifacts: &CompiledArtifacts, path: &Path) -> Result<(), PlatformError> {
    check(artifacts, path, |name| {
        format!(
            "a credential in `{name}` was redacted from the artifacts, so they differ from the product; remove the credential from the product and compile again"
        )
    })
}

impl CompiledArtifacts {
    /// Refuses artifacts that the processes of the orchestrator `reader` would refuse to read, because a text was
    /// redacted. `folder` is the product's folder.
    pub(crate) fn check_read_by(&self, reader: &str, folder: &Path) -> Result<(), PlatformError> {
        check(self, &product::spec_path(folder), |name| {
            format!(
                "`{name}` contains a credential, which the artifacts must not pass on to {reader}, expected `--orchestrator local`, or no credential"
            )
        })
    }
}

fn check(
    artifacts: &CompiledArtifacts,
    file: &Path,
    message: impl FnOnce(&str) -> String,
) -> Result<(), PlatformError> {
    let Some(name) = redacted_asset(artifacts) else {
        return Ok(());
    };
    Err(PlatformError::input(Place::file(file), message(name)))
}

fn redacted_asset(artifacts: &CompiledArtifacts) -> Option<&str> {
    let sources = artifacts.sources.iter().map(|it| (&*it.name, serde_json::to_string(it)));
    let models = artifacts.models.iter().map(|it| (&*it.name, serde_json::to_string(it)));
    sources
        .chain(models)
        .find(|(_, text)| text.as_ref().is_ok_and(|it| it.contains(REDACTED)))
        .map(|(name, _)| name)
}
