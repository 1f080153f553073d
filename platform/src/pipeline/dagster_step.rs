//! A step of Dagster: this process builds one asset, and reports it through Dagster Pipes.
//!
//! In a run of `floe`, all steps write into the database of that run. If Dagster alone starts the step, for example
//! because a user materializes an asset in its web interface, the step replaces the warehouse by a copy with the new
//! table.
//!
//! A step cannot see the others, so links between assets come from Dagster's own event log: the metadata of
//! each asset has the `traceparent` of its span, and the definitions pass those of its inputs.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use floe_dagster_pipes::{Exception, Level, Metadata, Session as Pipes, Severity};
use floe_plugin::compute::Session;
use floe_plugin::lineage::Lineage;
use floe_plugin::orchestrator::{Asset as Attributes, Orchestrator, PipelineRun};
use floe_plugin::{PluginType, rfc3339};
use floe_plugins::error::Error;
use floe_plugins::files::atomic::{Access, Draft};
use floe_plugins::process::interrupt;
use floe_plugins::runs::correlation::LineageParent;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::opentelemetry::trace::{SpanContext, TraceContextExt as _};
use floe_telemetry::{TelemetryConfig, propagation, traced};

use super::asset::Asset;
use super::dbt_models::DbtModels;
use super::orchestration::{DAGSTER, Orchestration};
use super::outcome::Failure;
use super::report::{Checks, FailedCheck, RunError};
use super::run::Run;
use super::shared_run::{Attempt, SharedRun, State, now};
use super::{warehouse_copy, warehouse_path};
use crate::artifacts::{self, CompiledArtifacts};
use crate::identity::Identity;
use crate::pipeline::history::{self, Record};
use crate::plugins::active::{self, Active};

/// The parts of the text of a `traceparent` that is sampled.
const SAMPLED: &str = "01";

/// The status of an asset in the history while it is built.
const STARTED: &str = "started";

/// The wait between two attempts to lock the database.
const TICK: Duration = Duration::from_millis(50);

/// The longest wait for the database: the time that a run has by default.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// A step of Dagster that builds an asset.
#[derive(Debug)]
pub struct DagsterStep {
    pipes: Pipes,
    shared: Option<SharedRun>,
    identity: Identity,
    artifacts: CompiledArtifacts,
    /// The key of the asset.
    key: String,
    /// The id of the run of the job that builds the asset, in its lineage.
    lineage_run_id: RunId,
    /// The id of dbt's command, if dbt has built the asset.
    dbt_invocation_id: OnceLock<String>,
    /// The results of the checks.
    checks: Cell<Checks>,
    /// The checks that failed.
    failed_checks: RefCell<Vec<FailedCheck>>,
    /// The time that it took to generate the file of a source that had none.
    generated: Cell<Option<Duration>>,
    started: SystemTime,
    /// The ids of the trace and of the asset's span, if it is recorded.
    ids: OnceLock<(String, String)>,
}

impl DagsterStep {
    /// Reads what Dagster passes to this process, and the artifacts of the product in `folder`.
    ///
    /// # Errors
    /// Dagster did not start this process, or the product was not compiled. Dagster's log has the error, too.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let pipes = Pipes::from_environment().map_err(|error| Error::Setting(error.to_string()))?;
        match read(&pipes, folder) {
            Ok((shared, identity, artifacts, key)) => Ok(Self {
                pipes,
                shared,
                identity,
                artifacts,
                key,
                lineage_run_id: RunId::new(),
                dbt_invocation_id: OnceLock::new(),
                checks: Cell::default(),
                failed_checks: RefCell::default(),
                generated: Cell::default(),
                started: SystemTime::now(),
                ids: OnceLock::new(),
            }),
            Err(error) => {
                // The error is printed, too.
                let _ = pipes.fail(&exception(&error.redacted()));
                Err(error)
            }
        }
    }

    /// The configuration of the telemetry.
    pub fn telemetry(&self) -> TelemetryConfig {
        self.artifacts.observability.telemetry.clone()
    }

    /// The file for the spans, if the run decides at its end whether they are exported.
    pub fn spans(&self) -> Option<PathBuf> {
        self.shared.as_ref()?.spans.clone()
    }

    /// Builds the asset and reports it to Dagster.
    ///
    /// # Errors
    /// The asset could not be built. A check that fails is reported as such, and Dagster fails the step.
    pub fn build(self) -> Result<(), RunError> {
        self.add(State::Started)?;
        let built = self.observed();
        let state = match &built {
            Ok(rows) => State::Built { rows: *rows },
            Err((failure, _)) if interrupt::is_requested() => State::Canceled {
                message: failure.redacted(),
            },
            Err((failure, _)) => State::Failed {
                message: failure.redacted(),
            },
        };
        self.remember(if built.is_ok() { "success" } else { "failed" });
        let added = self.add(state);
        match built {
            Ok(_) | Err((_, Reported::AsCheck)) => {
                self.pipes.close().map_err(unwritten)?;
                Ok(added?)
            }
            Err((failure, Reported::No)) => {
                // The error is printed, too.
                let _ = self.pipes.fail(&exception(&failure.redacted()));
                Err(match failure {
                    Failure::Query(_) => RunError::AssetFailed(failure.redacted()),
                    Failure::Stop(error) => error.into(),
                })
            }
        }
    }

    fn observed(&self) -> Result<u64, (Failure, Reported)> {
        let mut reported = Reported::No;
        let context = self.pipes.context();
        let attributes = Attributes {
            asset_key: &self.key,
            run_id: Some(&context.run_id),
            step_key: self.step_key(),
            job_name: context.job_name.as_deref(),
            partition_key: context.partition_key.as_deref(),
            retry_number: Some(context.retry_number.into()),
        };
        let built = build(&self.key, attributes, self.run_id(), self, &mut reported);
        built.map_err(|failure| (failure, reported))
    }

    /// The id of the run of `floe`, or else of Dagster.
    fn run_id(&self) -> &str {
        let shared = self.shared.as_ref();
        shared.map_or(&self.pipes.context().run_id, |shared| &shared.run_id)
    }

    fn step_key(&self) -> Option<&str> {
        self.pipes.context().extras.get("step_key")?.as_str()
    }

    fn add(&self, state: State) -> Result<(), Error> {
        let Some(shared) = &self.shared else {
            return Ok(());
        };
        let context = self.pipes.context();
        shared.add(&Attempt {
            key: self.key.clone(),
            number: context.retry_number,
            orchestrator_run_id: context.run_id.clone(),
            step_key: self.step_key().map(str::to_owned),
            lineage_run_id: self.lineage_run_id.clone(),
            dbt_invocation_id: self.dbt_invocation_id.get().cloned(),
            checks: self.checks.get(),
            failed_checks: self.failed_checks.borrow().clone(),
            generated: self.generated.get(),
            at: now(),
            state,
        })
    }

    /// Adds the asset to the history of the product, unless it is a part of a run, which is there itself. The asset is
    /// built without an entry, too.
    fn remember(&self, status: &str) {
        if self.shared.is_some() {
            return;
        }
        let (trace_id, span_id) = self.ids.get().cloned().unzip();
        let record = Record {
            command: format!("build-asset {}", self.key),
            name: self.identity.title(),
            status: status.to_owned(),
            started_at: rfc3339(self.started),
            ended_at: (status != STARTED).then(|| rfc3339(SystemTime::now())),
            trace_id,
            span_id,
            lineage_run_id: Some(self.lineage_run_id.to_string()),
            dbt_invocation_id: self.dbt_invocation_id.get().cloned(),
            dagster_run_id: Some(self.pipes.context().run_id.clone()),
            ..Record::default()
        };
        if let Err(error) = history::add(&self.identity.folder, record) {
            tracing::warn!(%error, "the ids of the asset are not kept");
        }
    }

    /// The spans that built the assets that this one may read, as the definitions have found them.
    fn upstream(&self) -> HashMap<String, SpanContext> {
        let upstream = self.pipes.context().extras.get("upstream");
        let entries = upstream.and_then(|it| it.as_object()).into_iter().flatten();
        entries
            .filter_map(|(key, traceparent)| {
                let carrier = [("traceparent".to_owned(), traceparent.as_str()?.to_owned())];
                let cx = propagation::extract_context(&HashMap::from(carrier));
                let context = cx.span().span_context().clone();
                context.is_valid().then(|| (key.clone(), context))
            })
            .collect()
    }

    /// Opens the database: that of the run, or a copy of the warehouse that is to replace it.
    fn database(&self, plugins: &Active) -> Result<(Option<Draft>, Session), Error> {
        if let Some(shared) = &self.shared {
            let session = warehouse_copy::open_existing(&shared.database, plugins)?;
            return Ok((None, session));
        }
        let folder = &self.identity.folder;
        let draft = Draft::new(&warehouse_path(folder), Access::Private)?;
        let session = warehouse_copy::create(folder, draft.path(), plugins)?;
        Ok((Some(draft), session))
    }

    /// The models, if dbt builds them in the database of [`database`](Self::database).
    fn dbt(&self, draft: Option<&Draft>, plugins: &Active) -> Result<Option<DbtModels>, Error> {
        let shared = self.shared.as_ref().map(|shared| shared.database.as_path());
        let Some(database) = draft.map(Draft::path).or(shared) else {
            return Ok(None);
        };
        DbtModels::prepare(database, &self.identity, &self.artifacts, plugins)
    }

    /// Reports a table that was written, and the results of its checks.
    fn report(&self, rows: Option<u64>, run: &Run<'_>) -> Result<(), Error> {
        let ids = active::current_ids();
        let url = self.trace_url();
        let mut traceparent = String::new();
        let mut metadata = vec![("floe/run_id", Metadata::Text(run.id))];
        if let Some(rows) = rows {
            let rows = i64::try_from(rows).unwrap_or(i64::MAX);
            metadata.push(("dagster/row_count", Metadata::Int(rows)));
        }
        if let Some((trace_id, span_id)) = &ids {
            traceparent = format!("00-{trace_id}-{span_id}-{SAMPLED}");
            metadata.push(("floe/trace_id", Metadata::Text(trace_id)));
            metadata.push(("floe/span_id", Metadata::Text(span_id)));
        }
        if !traceparent.is_empty() {
            metadata.push(("floe/traceparent", Metadata::Text(&traceparent)));
        }
        if let Some(url) = &url {
            metadata.push(("floe/trace", Metadata::Url(url)));
        }
        let written = self
            .pipes
            .report_asset_materialization(&self.key, &metadata, None);
        written.map_err(unwritten)?;
        for check in &*run.checked.borrow() {
            let severity = if check.is_tolerated {
                Severity::Warn
            } else {
                Severity::Error
            };
            let count = |rows: u64| Metadata::Int(i64::try_from(rows).unwrap_or(i64::MAX));
            let failed = check
                .result
                .failed_rows
                .map(|rows| ("floe/failed_rows", count(rows)));
            let metadata: Vec<_> = failed.into_iter().collect();
            let (name, passed) = (&check.name, check.result.passed);
            let written = self
                .pipes
                .report_asset_check(&self.key, name, passed, severity, &metadata);
            written.map_err(unwritten)?;
        }
        Ok(())
    }

    /// The address of the current trace in the backend, if it is recorded.
    fn trace_url(&self) -> Option<String> {
        let (trace_id, _) = active::current_ids()?;
        let url = self.artifacts.observability.trace_url.as_ref()?;
        Some(url.of(&trace_id))
    }

    /// Makes the trace of an asset findable by its other ids, and from Dagster's log also if the asset fails.
    fn announce(&self) -> Result<(), Error> {
        if let Some(ids) = active::current_ids() {
            // It is set once.
            let _ = self.ids.set(ids);
        }
        self.remember(STARTED);
        tracing::info!(
            asset = self.key,
            run_id = self.run_id(),
            lineage_run_id = self.lineage_run_id.as_str(),
            dagster_run_id = self.pipes.context().run_id,
            "asset begins"
        );
        let trace = match (self.trace_url(), active::current_ids()) {
            (Some(url), _) => url,
            (None, Some((trace_id, _))) => trace_id,
            (None, None) => return Ok(()),
        };
        let message = format!("trace: {trace}");
        self.pipes.log(Level::Info, &message).map_err(unwritten)
    }
}

/// How a failure was reported so far.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reported {
    No,
    /// As the result of a check, by which Dagster fails the step.
    AsCheck,
}

#[traced(
    name = format!("dagster.asset.{key}"),
    tracer = DAGSTER,
    floe_attributes = attributes,
    attributes(
        Orchestrator::OPERATION = "asset",
        PipelineRun::RUN_ID = run_id,
        Lineage::RUN_ID = step.lineage_run_id.as_str(),
    ),
)]
fn build(
    key: &str,
    attributes: Attributes<'_>,
    run_id: &str,
    step: &DagsterStep,
    reported: &mut Reported,
) -> Result<u64, Failure> {
    step.announce()?;
    let assets = Asset::all(&step.artifacts);
    let Some(asset) = assets.iter().find(|asset| asset.key() == key) else {
        let keys: Vec<&str> = assets.iter().map(|asset| asset.key()).collect();
        let accepted = keys.join(", ");
        let message =
            format!("expected {accepted}, found the asset `{key}`; compile the product again");
        return Err(Error::Setting(message).into());
    };
    let plugins = Active::configure(step.artifacts.selected(), &step.identity)?;
    plugins.start(|kind| {
        matches!(
            kind,
            PluginType::AlertChannel
                | PluginType::Compute
                | PluginType::Dbt
                | PluginType::Ingestion
                | PluginType::LineageBackend
                | PluginType::Quality
                | PluginType::Secrets
        )
    })?;
    let _lock = match &step.shared {
        Some(shared) => lock(&shared.lock())?,
        None => warehouse_copy::lock(&step.identity.folder)?,
    };
    let (draft, session) = step.database(&plugins)?;
    let dbt = match asset {
        Asset::Model(_) => step.dbt(draft.as_ref(), &plugins)?,
        Asset::Source(_) => None,
    };
    let run = Run {
        id: run_id,
        identity: &step.identity,
        artifacts: &step.artifacts,
        plugins: &plugins,
        warehouse: RefCell::new(session),
        dbt,
        dbt_invocation_ids: RefCell::default(),
        built_by_dbt: RefCell::default(),
        spans: RefCell::new(step.upstream()),
        orchestration: Orchestration::Dagster,
        has_tables: true,
        checked: RefCell::default(),
        generated: Cell::default(),
        columns: RefCell::default(),
        started_by: LineageParent::from_environment(),
        dagster_run_id: Some(step.pipes.context().run_id.clone()),
    };
    let built = asset.build_in_span(&run, &step.lineage_run_id);
    step.checks.set(run.checks());
    step.failed_checks.replace(run.failed_checks());
    step.generated.set(run.generated.get());
    if let Some(id) = run.dbt_invocation_id(key) {
        // It is set once.
        let _ = step.dbt_invocation_id.set(id);
    }
    interrupt::check()?;
    let is_of_check = |run: &Run<'_>| {
        let checked = run.checked.borrow();
        checked
            .iter()
            .any(|it| !it.result.passed && !it.is_tolerated)
    };
    let rows = match &built {
        Ok(rows) => Some(*rows),
        // The table exists, and Dagster builds nothing that depends on it.
        Err(Failure::Query(_)) if is_of_check(&run) => None,
        Err(_) => return built,
    };
    step.report(rows, &run)?;
    if built.is_err() {
        *reported = Reported::AsCheck;
    }
    let closed = run.warehouse.into_inner().close();
    closed.map_err(Error::from_plugin)?;
    if let Some(draft) = draft {
        draft.publish()?;
    }
    built
}

/// Locks the database of a run against its other steps: it has one writer.
fn lock(path: &Path) -> Result<File, Error> {
    let file = File::create(path).map_err(Error::io("write", path))?;
    if !is_locked(&file, path)? {
        wait(&file, path, LONGEST_WAIT)?;
    }
    Ok(file)
}

/// Waits until the other steps have written their tables. An asset without this span has not waited.
#[traced(name = "dagster.io.wait", tracer = DAGSTER)]
fn wait(file: &File, path: &Path, limit: Duration) -> Result<(), Error> {
    let started = Instant::now();
    while !is_locked(file, path)? {
        interrupt::check()?;
        if started.elapsed() >= limit {
            let message = format!(
                "expected other assets to be written within {} s, found the database locked",
                limit.as_secs()
            );
            let error = floe_plugin::Error::new(floe_plugin::ErrorKind::System, message);
            return Err(Error::Plugin(error));
        }
        thread::sleep(TICK);
    }
    Ok(())
}

/// Tries to lock the file.
fn is_locked(file: &File, path: &Path) -> Result<bool, Error> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", path)(error)),
    }
}

type Parts = (Option<SharedRun>, Identity, CompiledArtifacts, String);

fn read(pipes: &Pipes, folder: &Path) -> Result<Parts, Error> {
    let keys: BTreeSet<&String> = pipes.context().asset_keys.iter().collect();
    let key = match (keys.first(), keys.len()) {
        (Some(key), 1) => (*key).clone(),
        (_, count) => {
            let message = format!("Dagster's step has {count} assets, expected one");
            return Err(Error::Setting(message));
        }
    };
    let shared = SharedRun::from_environment()?;
    let default = artifacts::default_path(folder);
    let path = shared.as_ref().map_or(&default, |shared| &shared.artifacts);
    let artifacts = CompiledArtifacts::read(path)?;
    let identity = Identity::compiled(folder, path, &artifacts)?;
    Ok((shared, identity, artifacts, key))
}

fn exception(message: &str) -> Exception {
    Exception::new("FloeError", message)
}

/// A message that cannot be written.
fn unwritten(error: impl std::error::Error) -> Error {
    let error = floe_plugin::Error::new(floe_plugin::ErrorKind::System, error.to_string());
    Error::Plugin(error)
}

#[cfg(test)]
mod tests {
    use floe_telemetry::testing;

    use super::*;

    #[test]
    fn a_step_waits_for_the_database_in_a_span_and_not_forever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("database.lock");
        let mut first = None;
        let spans = testing::capture(|| first = Some(lock(&path).unwrap()));
        assert_eq!(spans.named("dagster.io.wait").count(), 0);
        let file = File::create(&path).unwrap();
        let mut error = String::new();
        let spans = testing::capture(|| {
            error = wait(&file, &path, Duration::ZERO).unwrap_err().to_string();
        });
        let message = "expected other assets to be written within 0 s, found the database locked";
        assert!(error.contains(message), "{error}");
        spans.single("dagster.io.wait").assert_error(message);
        drop(first);
        let spans = testing::capture(|| wait(&file, &path, Duration::ZERO).unwrap());
        spans.single("dagster.io.wait").assert_ok();
    }
}
