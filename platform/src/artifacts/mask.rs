//! Redaction of credentials in the texts of a product, which are written into its artifacts.

use std::path::Path;

use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_telemetry::{REDACTED, sanitize_credentials};
use serde::{Serialize, Serializer};

use super::CompiledArtifacts;

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

/// Refuses artifacts with a redacted query, which is not the query that was compiled.
pub(super) fn refuse(artifacts: &CompiledArtifacts, path: &Path) -> Result<(), Error> {
    let sources = artifacts.sources.iter();
    let generated = sources.filter_map(|source| Some((&*source.name, source.generate.as_ref()?)));
    let models = artifacts.models.iter();
    let models = models.map(|model| (&*model.name, &model.query));
    let checks = artifacts.check_queries.iter();
    let checks = checks.map(|(name, query)| (&**name, query));
    let mut queries = generated.chain(models).chain(checks);
    match queries.find(|(_, query)| query.sql.contains(REDACTED)) {
        Some((name, _)) => {
            let message = format!(
                "the query of `{name}` contained a credential, which is not written, expected a run without `--artifacts`"
            );
            Err(Error::input(Place::file(path), message))
        }
        None => Ok(()),
    }
}
