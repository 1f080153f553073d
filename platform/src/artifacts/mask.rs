//! Redaction of credentials in the texts of a product, which are written into its artifacts.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use floe_plugins::error::Error as PlatformError;
use floe_plugins::place::Place;
use floe_telemetry::{REDACTED, sanitize_credentials};
use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{CompiledArtifacts, Query};
use crate::product;

pub(super) fn text<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&sanitize_credentials(text))
}

#[expect(clippy::ref_option, reason = "serde passes the field as it is")]
pub(super) fn optional<S: Serializer>(
    text: &Option<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    text.as_deref()
        .map(sanitize_credentials)
        .serialize(serializer)
}

/// Redacts all texts of a value, such as those that a check accepts.
pub(super) fn all<T: Serialize, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut value = serde_json::to_value(value).map_err(Error::custom)?;
    redact(&mut value);
    value.serialize(serializer)
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

/// Refuses artifacts from which a credential was removed: they are not what was compiled.
pub(super) fn refuse(artifacts: &CompiledArtifacts, path: &Path) -> Result<(), PlatformError> {
    let refused = |what: String| {
        let message = format!(
            "{what} contained a credential, which is not written, expected a run without `--artifacts`"
        );
        Err(PlatformError::input(Place::file(path), message))
    };
    if let Some((name, _)) = queries(artifacts).find(|(_, query)| query.sql.contains(REDACTED)) {
        return refused(format!("the query of `{name}`"));
    }
    match others(artifacts).find(|(_, text)| text.contains(REDACTED)) {
        Some((name, _)) => refused(format!("what is written of `{name}`")),
        None => Ok(()),
    }
}

impl CompiledArtifacts {
    /// Refuses what processes that read the artifacts would refuse. `folder` is the product's, `reader` starts them.
    pub(crate) fn check_read_by(&self, reader: &str, folder: &Path) -> Result<(), PlatformError> {
        let is_unsafe = |text: &str| *sanitize_credentials(text) != *text;
        let refused = |file: PathBuf| {
            let message = format!(
                "it contains a credential, which is not written into the artifacts that {reader} reads, expected `--orchestrator local`, or none"
            );
            Err(PlatformError::input(Place::file(&file), message))
        };
        let mut queries = queries(self).map(|(_, query)| query);
        if let Some(query) = queries.find(|query| is_unsafe(&query.sql)) {
            return refused(folder.join(&*query.path));
        }
        // They are redacted, or were when the file was written.
        if others(self).any(|(_, text)| text.contains(REDACTED)) {
            return refused(product::spec_path(folder));
        }
        Ok(())
    }
}

/// All queries, each with the name of its asset or its check.
fn queries(artifacts: &CompiledArtifacts) -> impl Iterator<Item = (&str, &Query)> {
    let sources = artifacts.sources.iter();
    let generated = sources.filter_map(|source| Some((&*source.name, source.generate.as_ref()?)));
    let models = artifacts.models.iter();
    let models = models.map(|model| (&*model.name, &model.query));
    let checks = artifacts.check_queries.iter();
    let checks = checks.map(|(name, query)| (&**name, query));
    generated.chain(models).chain(checks)
}

/// What else is written of each asset, redacted.
fn others(artifacts: &CompiledArtifacts) -> impl Iterator<Item = (&str, String)> {
    let sources = artifacts.sources.iter();
    let sources = sources.map(|it| (&*it.name, safe(&(&it.path, &it.table, &it.checks))));
    let models = artifacts.models.iter();
    sources.chain(models.map(|it| (&*it.name, safe(&it.checks))))
}

fn safe<T: Serialize>(value: &T) -> String {
    let mut value = serde_json::to_value(value).unwrap_or_default();
    redact(&mut value);
    value.to_string()
}
