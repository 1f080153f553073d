//! The context of a run, its tables, and the lineage and the spans of its assets.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::time::SystemTime;

use floe_plugin::compute::Session;
use floe_plugin::lineage::{Dataset, Field, Job, PRODUCT, Parent, RunEvent, RunState};
use floe_plugin::orchestrator::{
    Asset, AssetOutcome, AssetStatus, LocalAssetOutcome, Orchestrator,
};
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::opentelemetry::trace::SpanContext;
use floe_telemetry::{ErrorType, get_current_span, sanitize_credentials, traced};

use super::outcome::{Checked, Failure};
use super::report::Report;
use crate::artifacts::{CompiledArtifacts, CompiledSource};
use crate::identity::Identity;
use crate::plugins::active::Active;
use crate::product::Product;

/// The name of the tracer of runs, and of assets that a run builds itself.
pub(crate) const TRACER_NAME: &str = "floe.orchestrator.local";

pub(crate) struct Run<'a> {
    pub(crate) id: &'a str,
    pub(crate) identity: &'a Identity,
    pub(crate) artifacts: &'a CompiledArtifacts,
    pub(crate) plugins: &'a Active,
    /// The specification, for the places that errors name.
    pub(crate) product: Option<&'a Product>,
    pub(crate) orchestration: Orchestration,
    /// Whether the database may contain tables of an earlier attempt or run.
    pub(crate) has_tables: bool,
    pub(crate) dagster_run_id: Option<String>,
}

/// The database that the run creates, with the known spans and columns of its tables.
pub(crate) struct Tables {
    pub(crate) session: Session,
    /// The span of each asset, to which the spans of its readers link.
    pub(crate) spans: HashMap<String, SpanContext>,
    /// The columns of the tables that were built or read.
    pub(crate) columns: HashMap<String, Vec<String>>,
}

impl Tables {
    /// Wraps a database that was just opened, so the spans and columns of its tables are not known yet.
    pub(crate) fn new(session: Session) -> Self {
        Self { session, spans: HashMap::new(), columns: HashMap::new() }
    }

    pub(crate) fn link<'a>(&self, assets: impl IntoIterator<Item = &'a str>) {
        for asset in assets {
            if let Some(context) = self.spans.get(asset) {
                get_current_span().add_link(context.clone());
            }
        }
    }

    pub(crate) fn read_columns(&mut self, table: &str) -> Result<(), floe_plugin::Error> {
        let columns = self.session.columns(table)?;
        self.columns.insert(table.to_owned(), columns);
        Ok(())
    }
}

/// The result of an asset whose table was written and whose checks do not fail it.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) rows: u64,
    pub(crate) span: SpanContext,
    pub(crate) checks: Vec<Checked>,
}

impl<'a> Run<'a> {
    /// Creates a run that builds assets in this process, in an empty database.
    pub(crate) fn new(
        id: &'a str,
        identity: &'a Identity,
        artifacts: &'a CompiledArtifacts,
        product: Option<&'a Product>,
        plugins: &'a Active,
    ) -> Self {
        Self {
            id,
            identity,
            artifacts,
            plugins,
            product,
            orchestration: Orchestration::Local,
            has_tables: false,
            dagster_run_id: None,
        }
    }
}

impl Run<'_> {
    pub(crate) fn folder(&self) -> &Path {
        &self.identity.folder
    }

    /// Removes a table that an earlier attempt or run may have created.
    pub(crate) fn replace(&self, table: &str, session: &mut Session) -> Result<(), Error> {
        if self.has_tables {
            session.remove(table).map_err(Error::from_plugin)?;
        }
        Ok(())
    }

    fn dataset<'a>(&'a self, name: &'a str, tables: &'a Tables) -> Dataset<'a> {
        let source = self.artifacts.sources.iter().find(|it| *it.name == *name);
        let of_source = source.map(CompiledSource::columns);
        let found = || tables.columns.get(name).into_iter().flatten();
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

    /// Emits the lineage of an asset: of its start, or of its end if it has a result.
    pub(crate) fn lineage(
        &self,
        asset: &AssetRun<'_>,
        tables: &Tables,
        built: Option<&Result<Built, Failure>>,
    ) -> Result<(), Error> {
        let state = built.map_or(RunState::Start, |it| state_at_end(it.is_ok()));
        let rows = built.and_then(|it| it.as_ref().ok()).map(|it| it.rows);
        let error = built.and_then(|it| it.as_ref().err()).map(Failure::redacted);
        let job = format!("{}.{}", self.identity.name, asset.key);
        let sql = asset.sql.map(sanitize_credentials);
        let output = Dataset { rows, ..self.dataset(asset.key, tables) };
        let inputs: Vec<Dataset<'_>> =
            asset.inputs.iter().map(|name| self.dataset(name, tables)).collect();
        let parent = Parent { run_id: self.id, job: self.job(&self.identity.name) };
        self.plugins.lineage(RunEvent {
            parent: Some(parent),
            tags: tags(self.id, self.dagster_run_id.as_deref()),
            job_type: Some(asset.job_type),
            // A lineage backend must not receive credentials, just as artifacts must not contain them.
            sql: sql.as_deref(),
            error: error.as_deref(),
            inputs,
            outputs: vec![output],
            ..RunEvent::new(state, SystemTime::now(), asset.run_id.as_str(), self.job(&job))
        })
    }

    fn job<'a>(&'a self, name: &'a str) -> Job<'a> {
        Job { namespace: &self.identity.namespace, name }
    }
}

fn tags<'a>(run_id: &'a str, dagster: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let mut tags = vec![("floe_run_id", run_id)];
    tags.extend(dagster.map(|id| ("dagster_run_id", id)));
    tags
}

pub(crate) struct AssetRun<'a> {
    pub(crate) key: &'a str,
    pub(crate) run_id: &'a RunId,
    pub(crate) job_type: &'static str,
    pub(crate) sql: Option<&'a str>,
    pub(crate) inputs: BTreeSet<&'a str>,
}

fn state_at_end(is_success: bool) -> RunState {
    match is_success {
        true => RunState::Complete,
        false if interrupt::is_requested() => RunState::Abort,
        false => RunState::Fail,
    }
}

/// Emits a lineage event for the start of the run, calls `steps`, and emits an event for the outcome.
pub(super) fn observe(
    run: &Run<'_>,
    report: &mut Report,
    steps: impl FnOnce(&mut Report) -> Result<(), Error>,
) -> Result<(), Error> {
    let built = emit(run, report, RunState::Start, None).and_then(|()| steps(report));
    let failure = report.failure(&built);
    let state = state_at_end(failure.is_none());
    let emitted = emit(run, report, state, failure.as_deref());
    built.and(emitted)
}

fn emit(run: &Run<'_>, report: &Report, state: RunState, error: Option<&str>) -> Result<(), Error> {
    let dbt_invocation_ids = report.dbt_invocation_ids();
    let mut tags = tags(run.id, report.record.dagster_run_id.as_deref());
    tags.extend(dbt_invocation_ids.iter().map(|id| ("dbt_invocation_id", *id)));
    run.plugins.lineage(RunEvent {
        job_type: Some(PRODUCT),
        tags,
        engine: Some(("floe", env!("CARGO_PKG_VERSION"))),
        error,
        ..RunEvent::new(state, SystemTime::now(), run.id, run.job(&run.identity.name))
    })
}

/// The name of the tracer of assets that Dagster builds.
pub(crate) const DAGSTER: &str = "floe.orchestrator.dagster";

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Orchestration {
    /// This process builds all assets. Their spans are `floe.asset.{key}`.
    Local,
    /// Dagster starts a process for each asset. The spans are `dagster.asset.{key}`, `dagster.io.read` and
    /// `dagster.io.write`.
    Dagster,
}

impl Orchestration {
    /// Reads an input of an asset or writes its table, within a span if Dagster builds the asset.
    pub(crate) fn io<T, E: ErrorType>(
        self,
        operation: &str,
        key: &str,
        run: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Self::Local => run(),
            Self::Dagster => dagster_io(operation, key, run),
        }
    }

    pub(crate) fn record(self, status: AssetStatus) {
        let span = get_current_span();
        match self {
            Self::Local => span.set_attributes(&LocalAssetOutcome { status, missing: None }),
            Self::Dagster => span.set_attributes(&AssetOutcome { status, missing: None }),
        }
    }
}

#[traced(
    name = format!("dagster.io.{operation}"),
    tracer = DAGSTER,
    floe_attributes = Asset { asset_key: key, ..Asset::default() },
    attributes(Orchestrator::OPERATION = operation),
)]
fn dagster_io<T, E: ErrorType>(
    operation: &str,
    key: &str,
    run: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    run()
}

pub(crate) fn record(
    key: &str,
    orchestration: Orchestration,
    built: Result<Option<u64>, &Failure>,
) {
    let status = match built {
        Ok(rows) => {
            tracing::info!(asset = key, rows, "built");
            AssetStatus::Success
        }
        Err(error) => {
            tracing::error!(asset = key, %error, "not built");
            if interrupt::is_requested() { AssetStatus::Canceled } else { AssetStatus::Failed }
        }
    };
    orchestration.record(status);
}
