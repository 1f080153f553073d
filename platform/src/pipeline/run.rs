//! The context of a run: its id, its tracer, the product's folder and the database.

use std::cell::RefCell;
use std::collections::hash_map::RandomState;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::path::Path;
use std::time::SystemTime;

use floe_plugin::compute::Session;
use floe_plugin::lineage::{Dataset, Job, Parent, RunEvent, RunState};
use floe_plugin::quality::CheckResult;
use floe_telemetry::opentelemetry::trace::SpanContext;
use floe_telemetry::{get_current_span, sanitize_credentials};

use super::orchestration::{self, Orchestration};
use crate::active::{self, Active};
use crate::artifacts::{CompiledArtifacts, CompiledSource};
use crate::error::Error;
use crate::identity::Identity;

/// The tracer of the spans of runs and assets.
pub(super) const TRACER_NAME: &str = orchestration::LOCAL;

/// The context in which the assets of a run are built.
pub(super) struct Run<'a> {
    /// The id of the run.
    pub(super) id: &'a str,
    pub(super) identity: &'a Identity,
    pub(super) artifacts: &'a CompiledArtifacts,
    pub(super) plugins: &'a Active,
    /// The database that the run creates.
    pub(super) warehouse: RefCell<Session>,
    /// The span of each asset, to which the spans of those that read it link.
    pub(super) spans: RefCell<HashMap<String, SpanContext>>,
    pub(super) orchestration: Orchestration,
    /// The results of the checks so far.
    pub(super) checked: RefCell<Vec<Checked>>,
}

/// The result of a check of a model.
#[derive(Debug)]
pub(super) struct Checked {
    /// The name, which is unique among the checks of the model.
    pub(super) name: String,
    pub(super) result: CheckResult,
    /// Whether the model is built although the check fails.
    pub(super) is_tolerated: bool,
}

impl Run<'_> {
    /// The product's folder.
    pub(super) fn folder(&self) -> &Path {
        &self.identity.folder
    }

    /// Records that the current span builds this asset, and links to the spans of the assets that it reads.
    pub(super) fn link(&self, key: &str, inputs: &BTreeSet<String>) {
        let span = get_current_span();
        let mut spans = self.spans.borrow_mut();
        for input in inputs {
            if let Some(context) = spans.get(input) {
                span.add_link(context.clone());
            }
        }
        spans.insert(key.to_owned(), span.span_context());
    }

    /// Removes the table that an earlier attempt or an earlier run has left. A run in this process begins with an
    /// empty database.
    pub(super) fn replace(&self, table: &str) -> Result<(), Error> {
        if self.orchestration == Orchestration::Dagster {
            let removed = self.warehouse.borrow_mut().remove(table);
            removed.map_err(Error::from_plugin)?;
        }
        Ok(())
    }

    /// The data of an asset.
    pub(super) fn dataset<'a>(&'a self, name: &'a str) -> Dataset<'a> {
        let source = self.artifacts.sources.iter().find(|it| *it.name == *name);
        Dataset {
            namespace: &self.identity.namespace,
            name,
            columns: source.map(CompiledSource::columns).unwrap_or_default(),
            rows: None,
        }
    }

    /// Emits a change in the state of the run of an asset.
    pub(super) fn lineage(
        &self,
        asset: &AssetRun<'_>,
        state: RunState,
        rows: Option<u64>,
        error: Option<&str>,
    ) -> Result<(), Error> {
        let ids = active::current_ids();
        let sql = asset.sql.map(sanitize_credentials);
        let output = Dataset {
            rows,
            ..self.dataset(asset.key)
        };
        self.plugins.lineage(&RunEvent {
            state,
            at: SystemTime::now(),
            run_id: asset.run_id.as_str(),
            job: Job {
                namespace: &self.identity.namespace,
                name: asset.job,
            },
            parent: Some(Parent {
                run_id: self.id,
                job: Job {
                    namespace: &self.identity.namespace,
                    name: &self.identity.name,
                },
            }),
            trace: ids.as_ref().map(|(trace, span)| (&**trace, &**span)),
            // As in the artifacts: a backend of lineage gets no credential.
            sql: sql.as_deref(),
            error,
            inputs: asset.inputs.iter().map(|name| self.dataset(name)).collect(),
            outputs: vec![output],
        })
    }
}

/// A run of the job that builds an asset, for its lineage.
pub(super) struct AssetRun<'a> {
    pub(super) key: &'a str,
    pub(super) job: &'a str,
    pub(super) run_id: RunId,
    pub(super) sql: Option<&'a str>,
    pub(super) inputs: Vec<&'a str>,
}

/// The id of a run: a random UUID (version 4). It is not a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunId(String);

impl RunId {
    /// Creates a new id.
    #[expect(
        clippy::new_without_default,
        reason = "a default value should be the same each time"
    )]
    pub fn new() -> Self {
        // The random seed of a hash map is the only random number in the standard library.
        let random = || RandomState::new().build_hasher().finish();
        let (high, low) = (random(), random());
        let version = high & 0xffff_ffff_ffff_0fff | 0x4000;
        let variant = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
        let hex = format!("{version:016x}{variant:016x}");
        Self(
            [
                &hex[..8],
                &hex[8..12],
                &hex[12..16],
                &hex[16..20],
                &hex[20..],
            ]
            .join("-"),
        )
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_version_4_uuids() {
        let (one, two) = (RunId::new(), RunId::new());
        assert_ne!(one, two);
        assert_eq!(one.as_str().len(), 36);
        assert_eq!(one.as_str().as_bytes()[14], b'4');
    }
}
