//! Redaction of credentials in the texts of a product, which are written into its artifacts.

use std::path::Path;

use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_telemetry::{REDACTED, sanitize_credentials};
use serde::{Serialize, Serializer};

use super::{CompiledArtifacts, Query};

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
    match queries(artifacts).find(|(_, query)| query.sql.contains(REDACTED)) {
        Some((name, _)) => {
            let message = format!(
                "the query of `{name}` contained a credential, which is not written, expected a run without `--artifacts`"
            );
            Err(Error::input(Place::file(path), message))
        }
        None => Ok(()),
    }
}

impl CompiledArtifacts {
    /// Refuses queries that processes which read the artifacts would refuse. `folder` is the product's, `reader` starts them.
    pub(crate) fn check_read_by(&self, reader: &str, folder: &Path) -> Result<(), Error> {
        let mut queries = queries(self).map(|(_, query)| query);
        match queries.find(|query| *sanitize_credentials(&query.sql) != *query.sql) {
            Some(query) => {
                let message = format!(
                    "it contains a credential, which is not written into the artifacts that {reader} reads, expected `--orchestrator local`, or a query without it"
                );
                Err(Error::input(
                    Place::file(&folder.join(&*query.path)),
                    message,
                ))
            }
            None => Ok(()),
        }
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
