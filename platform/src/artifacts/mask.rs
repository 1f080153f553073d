//! Redacts credentials in the texts of a product before they are written into its artifacts.

use std::borrow::Cow;
use std::path::Path;

use floe_plugins::error::Error as PlatformError;
use floe_plugins::place::Place;
use floe_telemetry::{REDACTED, sanitize_credentials};
use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{CompiledArtifacts, Query};
use crate::product;

/// Redacts all texts of a field.
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

/// Refuses artifacts whose texts were redacted: they differ from the compiled product.
pub(super) fn refuse(artifacts: &CompiledArtifacts, path: &Path) -> Result<(), PlatformError> {
    let what = match unsafe_part(artifacts, |sql| sql.contains(REDACTED)) {
        None => return Ok(()),
        Some((name, Some(_))) => format!("the query of `{name}`"),
        Some((name, None)) => format!("another text of `{name}`"),
    };
    let message = format!(
        "{what} contained a credential, which is not written, expected a run without `--artifacts`"
    );
    Err(PlatformError::input(Place::file(path), message))
}

impl CompiledArtifacts {
    /// Refuses artifacts that their reading processes would refuse. `folder` is the product's, `reader` starts the
    /// processes.
    pub(crate) fn check_read_by(&self, reader: &str, folder: &Path) -> Result<(), PlatformError> {
        let file = match unsafe_part(self, |sql| *sanitize_credentials(sql) != *sql) {
            None => return Ok(()),
            Some((_, Some(query))) => folder.join(&*query.path),
            Some((_, None)) => product::spec_path(folder),
        };
        let message = format!(
            "it contains a credential, which {reader} would have to read from the artifacts, expected `--orchestrator local`, or no credential"
        );
        Err(PlatformError::input(Place::file(&file), message))
    }
}

/// The first query with a credential, or the first asset with another redacted text.
fn unsafe_part(
    artifacts: &CompiledArtifacts,
    is_unsafe: impl Fn(&str) -> bool,
) -> Option<(&str, Option<&Query>)> {
    let query = queries(artifacts).find(|(_, query)| is_unsafe(&query.sql));
    let query = query.map(|(name, query)| (name, Some(query)));
    query.or_else(|| {
        let (name, _) = others(artifacts).find(|(_, text)| text.contains(REDACTED))?;
        Some((name, None))
    })
}

/// All queries, each with the name of its asset.
fn queries(artifacts: &CompiledArtifacts) -> impl Iterator<Item = (&str, &Query)> {
    let sources = artifacts.sources.iter();
    let generated = sources.filter_map(|source| Some((&*source.name, source.generate.as_ref()?)));
    let models = artifacts.models.iter();
    let models = models.map(|model| (&*model.name, &model.query));
    generated.chain(models)
}

/// The other written texts of each asset, redacted.
fn others(artifacts: &CompiledArtifacts) -> impl Iterator<Item = (&str, String)> {
    let sources = artifacts.sources.iter();
    let sources = sources.map(|it| (&*it.name, safe(&(&it.path, &it.checks))));
    let models = artifacts.models.iter();
    sources.chain(models.map(|it| (&*it.name, safe(&it.checks))))
}

fn safe<T: Serialize>(value: &T) -> String {
    redacted(value).unwrap_or_default().to_string()
}
