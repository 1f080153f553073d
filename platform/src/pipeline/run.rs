//! The context of a run: its tracer, the product's folder and the database.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::time::SystemTime;

use floe_plugin::compute::Session;
use floe_plugin::lineage::{Assertion, Dataset, Field, Job, JobType, Parent, RunEvent, RunState};
use floe_plugin::quality::CheckResult;
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
use floe_plugins::runs::correlation::LineageParent;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::opentelemetry::trace::SpanContext;
use floe_telemetry::{get_current_span, sanitize_credentials};

use super::orchestration::{self, Orchestration};
use super::outcome::Failure;
use super::report::{Checks, FailedCheck};
use crate::artifacts::{CompiledArtifacts, CompiledSource};
use crate::identity::Identity;
use crate::plugins::active::Active;

/// The tracer of the spans of runs and assets.
pub(super) const TRACER_NAME: &str = orchestration::LOCAL;

/// The context in which assets are built.
pub(super) struct Run<'a> {
    pub(super) id: &'a str,
    pub(super) identity: &'a Identity,
    pub(super) artifacts: &'a CompiledArtifacts,
    pub(super) plugins: &'a Active,
    /// The database that the run creates.
    pub(super) warehouse: RefCell<Session>,
    /// The span of each asset, to which the spans of its readers link.
    pub(super) spans: RefCell<HashMap<String, SpanContext>>,
    pub(super) orchestration: Orchestration,
    /// Whether the database may contain tables of an earlier attempt or run.
    pub(super) has_tables: bool,
    /// The results of the checks of the last built asset.
    pub(super) checked: RefCell<Vec<Checked>>,
    /// The columns of the built models, for lineage.
    pub(super) columns: RefCell<HashMap<String, Vec<String>>>,
    /// The lineage run that contains this run.
    pub(super) started_by: LineageParent,
    /// The id of the Dagster run that contains this run.
    pub(super) dagster_run_id: Option<String>,
}

/// The result of a check of an asset.
#[derive(Debug)]
pub(super) struct Checked {
    /// The name, which is unique among the checks of the asset.
    pub(super) name: String,
    pub(super) result: CheckResult,
    /// Whether a failure of the check does not fail the asset.
    pub(super) is_tolerated: bool,
}

impl<'a> Run<'a> {
    /// Creates a run that builds assets in this process, in an empty database.
    pub(super) fn new(
        id: &'a str,
        identity: &'a Identity,
        artifacts: &'a CompiledArtifacts,
        plugins: &'a Active,
        database: Session,
    ) -> Self {
        Self {
            id,
            identity,
            artifacts,
            plugins,
            warehouse: RefCell::new(database),
            spans: RefCell::default(),
            orchestration: Orchestration::Local,
            has_tables: false,
            checked: RefCell::default(),
            columns: RefCell::default(),
            started_by: LineageParent::from_environment(),
            dagster_run_id: None,
        }
    }
}

impl Run<'_> {
    pub(super) fn folder(&self) -> &Path {
        &self.identity.folder
    }

    /// Records on the current span that it builds this asset, with links to the spans of its inputs.
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

    /// Removes the table of an earlier attempt or run.
    pub(super) fn replace(&self, table: &str) -> Result<(), Error> {
        if self.has_tables {
            let removed = self.warehouse.borrow_mut().remove(table);
            removed.map_err(Error::from_plugin)?;
        }
        Ok(())
    }

    /// The lineage dataset of an asset. `columns` are the columns read so far.
    fn dataset<'a>(
        &'a self,
        name: &'a str,
        columns: &'a HashMap<String, Vec<String>>,
    ) -> Dataset<'a> {
        let source = self.artifacts.sources.iter().find(|it| *it.name == *name);
        let of_source = source.map(CompiledSource::columns);
        let found = || columns.get(name).into_iter().flatten();
        Dataset {
            namespace: &self.identity.namespace,
            name,
            columns: match of_source {
                Some(columns) => columns.into_iter().map(Field::from).collect(),
                None => found().map(|name| Field { name, ..Field::default() }).collect(),
            },
            ..Dataset::default()
        }
    }

    /// Reads the columns of a built table for its lineage, which otherwise has no schema.
    pub(super) fn read_columns(&self, table: &str) {
        if let Ok(found) = self.warehouse.borrow_mut().columns(table) {
            self.columns.borrow_mut().insert(table.to_owned(), found);
        }
    }

    /// The results of the checks of the last built asset.
    pub(super) fn checks(&self) -> Checks {
        let checked = self.checked.borrow();
        let passed = checked.iter().filter(|it| it.result.passed).count() as u64;
        Checks { passed, failed: checked.len() as u64 - passed }
    }

    /// The failed checks of the last built asset.
    pub(super) fn failed_checks(&self) -> Vec<FailedCheck> {
        let checked = self.checked.borrow();
        let failed = checked.iter().filter(|it| !it.result.passed);
        let failed =
            failed.map(|it| FailedCheck { name: it.name.clone(), query: it.result.query.clone() });
        failed.collect()
    }

    /// Emits the start of an asset's run.
    pub(super) fn lineage_of_start(&self, asset: &AssetRun<'_>) -> Result<(), Error> {
        self.lineage(asset, RunState::Start, None, None)
    }

    /// Emits the end of an asset's run, with the number of rows or the error.
    pub(super) fn lineage_of_end(
        &self,
        asset: &AssetRun<'_>,
        built: &Result<u64, Failure>,
    ) -> Result<(), Error> {
        let state = match built {
            Ok(_) => RunState::Complete,
            Err(_) if interrupt::is_requested() => RunState::Abort,
            Err(_) => RunState::Fail,
        };
        let message = built.as_ref().err().map(Failure::redacted);
        self.lineage(asset, state, built.as_ref().ok().copied(), message.as_deref())
    }

    /// Emits a change of state of an asset's run.
    fn lineage(
        &self,
        asset: &AssetRun<'_>,
        state: RunState,
        rows: Option<u64>,
        error: Option<&str>,
    ) -> Result<(), Error> {
        let columns = self.columns.borrow();
        let sql = asset.sql.map(sanitize_credentials);
        let output = Dataset { rows, ..self.dataset(asset.key, &columns) };
        let inputs: Vec<Dataset<'_>> =
            asset.inputs.iter().map(|name| self.dataset(name, &columns)).collect();
        self.emit(RunEvent {
            job_type: Some(JobType {
                integration: "FLOE",
                job_type: if asset.is_source { "SOURCE" } else { "MODEL" },
            }),
            // As in the artifacts: a backend of lineage gets no credential.
            sql: sql.as_deref(),
            error,
            inputs,
            outputs: vec![output],
            ..RunEvent::new(state, SystemTime::now(), asset.run_id.as_str(), self.job(asset.job))
        })
    }

    /// Emits the start of a table's checks, or their results.
    pub(super) fn lineage_of_checks(
        &self,
        table: &str,
        run_id: &RunId,
        state: RunState,
        assertions: Vec<Assertion<'_>>,
        error: Option<&str>,
    ) -> Result<(), Error> {
        let columns = self.columns.borrow();
        let name = format!("{}.{table}.checks", self.identity.name);
        self.emit(RunEvent {
            job_type: Some(JobType { integration: "FLOE", job_type: "TEST" }),
            error,
            inputs: vec![Dataset { assertions, ..self.dataset(table, &columns) }],
            ..RunEvent::new(state, SystemTime::now(), run_id.as_str(), self.job(&name))
        })
    }

    pub(super) fn job<'a>(&'a self, name: &'a str) -> Job<'a> {
        Job { namespace: &self.identity.namespace, name }
    }

    /// Emits an event of a job whose run belongs to this run.
    fn emit(&self, event: RunEvent<'_>) -> Result<(), Error> {
        let parent = Parent {
            run_id: self.id,
            job: self.job(&self.identity.name),
            root: self.started_by.root(),
        };
        let tags = tags(self.id, self.dagster_run_id.as_deref());
        self.plugins.lineage(RunEvent { parent: Some(parent), tags, ..event })
    }
}

/// The name of the tag with the id of a dbt command.
pub(super) const DBT_INVOCATION_ID: &str = "dbt_invocation_id";

/// The ids of a run for its lineage.
pub(super) fn tags<'a>(run_id: &'a str, dagster: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let mut tags = vec![("floe_run_id", run_id)];
    tags.extend(dagster.map(|id| ("dagster_run_id", id)));
    tags
}

/// A run of the job that builds an asset, for its lineage.
pub(super) struct AssetRun<'a> {
    pub(super) key: &'a str,
    pub(super) job: &'a str,
    pub(super) run_id: &'a RunId,
    pub(super) is_source: bool,
    pub(super) sql: Option<&'a str>,
    pub(super) inputs: Vec<&'a str>,
}
