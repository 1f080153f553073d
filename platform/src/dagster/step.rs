//! A step of Dagster: this process builds one asset, or nodes of a dbt project that are an asset each, and reports them
//! through Dagster Pipes.
//!
//! In a run of `floe`, all steps write into the database of that run. If Dagster alone starts the step, for example
//! because a user materializes an asset in its web interface, the step replaces the warehouse with a copy that contains
//! the new table. dbt builds the nodes of a project without a copy. Without the package
//! `dagster-dbt`, the whole project is one asset.
//!
//! A step cannot see other steps, so links between assets come from Dagster's event log: the metadata of each asset has
//! the `traceparent` of its span, and the definitions pass the `traceparent` of each input to the step.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::mpsc;
use std::time::{SystemTime, UNIX_EPOCH};

use floe_dagster_pipes::{Exception, Level, Metadata, Session as Pipes, Severity};
use floe_plugin::PluginType;
use floe_plugin::dbt::{BuiltNode, Invocation, NodeStatus, Selection};
use floe_plugin::lineage::Lineage;
use floe_plugin::orchestrator::{Asset as Attributes, Orchestrator, PipelineRun};
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::opentelemetry::KeyValue;
use floe_telemetry::opentelemetry::trace::{SpanContext, TraceContextExt as _};
use floe_telemetry::{FloeAttributes as _, TelemetryConfig, get_current_span, propagation, traced};
use serde::Deserialize;
use serde_json::Value;

use crate::artifacts::{self, CompiledArtifacts, DbtProject};
use crate::identity::Identity;
use crate::pipeline::asset::{Asset, checks_of};
use crate::pipeline::dbt;
use crate::pipeline::outcome::{Checked, Failure};
use crate::pipeline::processes::{Attempt, SharedRun};
use crate::pipeline::report::RunError;
use crate::pipeline::run::{self, DAGSTER, Orchestration, Run, Tables};
use crate::pipeline::warehouse::{self, Warehouse};
use crate::plugins::active::{self, Active};
use crate::product::Product;
use crate::record::{Outcome, Step};

const SAMPLED: &str = "01";

/// A step of Dagster that builds an asset.
#[derive(Debug)]
pub struct DagsterStep {
    pipes: Pipes,
    shared: Option<SharedRun>,
    identity: Identity,
    artifacts: CompiledArtifacts,
    /// The product's `floe.yaml`, if it can be read. It may have changed since the compilation.
    product: Option<Product>,
    key: String,
    extras: Extras,
    lineage_run_id: RunId,
    started: SystemTime,
}

/// The parameters of a step that the definitions of floe add to those of Dagster.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Extras {
    step_key: Option<String>,
    /// The `traceparent` of the span of each input.
    upstream: HashMap<String, Value>,
    /// The key of each selected asset, by the id of its dbt node; `None` if the project is one asset.
    nodes: Option<HashMap<String, String>>,
    /// The key of the asset and the name of each selected check, by the id of its dbt test.
    checks: HashMap<String, (String, String)>,
    /// The selectors of the selected nodes and checks, unless all are selected.
    select: Option<Vec<String>>,
}

#[derive(Debug, Default)]
struct Known {
    step: Step,
    nodes: Vec<BuiltNode>,
    /// Whether the failure was reported to Dagster as a failed check, which fails the step.
    is_reported: bool,
}

impl DagsterStep {
    /// Reads the parameters that Dagster passes to this process, and the artifacts of the product in `folder`.
    ///
    /// # Errors
    /// Dagster did not start this process, or the step or the artifacts are wrong. Dagster gets the second error, too.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let pipes = Pipes::from_environment().map_err(|error| Error::Setting(error.to_string()))?;
        let (shared, identity, artifacts, key, extras) = match read(&pipes, folder) {
            Ok(parts) => parts,
            Err(error) => {
                // If Dagster does not receive the error, the program still prints it.
                let _ = pipes.fail(&exception(&error.redacted()));
                return Err(error);
            }
        };
        Ok(Self {
            pipes,
            shared,
            identity,
            artifacts,
            product: Product::read(folder).ok(),
            key,
            extras,
            lineage_run_id: RunId::new(),
            started: SystemTime::now(),
        })
    }

    /// Returns the configuration of the telemetry.
    pub fn telemetry(&self) -> TelemetryConfig {
        self.artifacts.observability.telemetry.clone()
    }

    /// Builds the asset and reports it to Dagster.
    ///
    /// # Errors
    /// The asset could not be built. A failed check is not an error, because Dagster itself fails the step.
    pub fn build(self) -> Result<(), RunError> {
        let mut known = Known::default();
        known.step.key.clone_from(&self.key);
        known.step.lineage_run_id = Some(self.lineage_run_id.clone());
        self.add(&known, false)?;
        let built = self.observed(&mut known);
        known.step.outcome = match &built {
            Ok(rows) => Outcome::Built { rows: *rows },
            Err(failure) => Outcome::Failed { message: failure.redacted() },
        };
        let added = self.add(&known, true);
        match built {
            Err(failure) if !known.is_reported => {
                // If Dagster does not receive the error, the program still prints it.
                let _ = self.pipes.fail(&exception(&failure.redacted()));
                Err(match failure {
                    Failure::Query(_) => RunError::AssetFailed(failure.redacted()),
                    Failure::Stop(error) => error.into(),
                })
            }
            _ => {
                self.pipes.close().map_err(unwritten)?;
                Ok(added?)
            }
        }
    }

    fn observed(&self, known: &mut Known) -> Result<Option<u64>, Failure> {
        let attributes = self.attributes(&self.key);
        match (&self.extras.nodes, &self.artifacts.dbt) {
            (Some(nodes), Some(project)) => {
                build_nodes(self.step_key().unwrap_or(&self.key), self, project, nodes, known)
            }
            _ => build(&self.key, attributes, self.run_id(), self, known),
        }
    }

    fn attributes<'a>(&'a self, asset_key: &'a str) -> Attributes<'a> {
        let context = self.pipes.context();
        Attributes {
            asset_key,
            run_id: Some(&context.run_id),
            step_key: self.step_key(),
            job_name: context.job_name.as_deref(),
            partition_key: context.partition_key.as_deref(),
            retry_number: Some(context.retry_number.into()),
        }
    }

    /// Returns the id of the run of `floe`; if Dagster alone started the step, the id of Dagster's run.
    fn run_id(&self) -> &str {
        let shared = self.shared.as_ref();
        shared.map_or(&self.pipes.context().run_id, |shared| &shared.run_id)
    }

    fn step_key(&self) -> Option<&str> {
        self.extras.step_key.as_deref()
    }

    fn add(&self, known: &Known, has_ended: bool) -> Result<(), Error> {
        let Some(shared) = &self.shared else {
            return Ok(());
        };
        let context = self.pipes.context();
        let at = self.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        shared.add(&Attempt {
            number: context.retry_number,
            orchestrator_run_id: context.run_id.clone(),
            step_key: self.step_key().map(str::to_owned),
            at: u64::try_from(at.as_millis()).unwrap_or(u64::MAX),
            step: known.step.clone(),
            nodes: known.nodes.clone(),
            has_ended,
        })
    }

    /// Returns the spans of the asset's inputs, which the definitions have found in Dagster's event log.
    fn upstream(&self) -> HashMap<String, SpanContext> {
        let entries = self.extras.upstream.iter();
        entries
            .filter_map(|(key, traceparent)| {
                let carrier = [("traceparent".to_owned(), traceparent.as_str()?.to_owned())];
                let cx = propagation::extract_context(&HashMap::from(carrier));
                let context = cx.span().span_context().clone();
                context.is_valid().then(|| (key.clone(), context))
            })
            .collect()
    }

    /// Reports an asset as built, with the ids of its span.
    fn report_built(
        &self,
        key: &str,
        rows: Option<u64>,
        ids: Option<&(String, String)>,
    ) -> Result<(), Error> {
        let url = self.trace_url();
        let traceparent = ids.map(|(trace, span)| format!("00-{trace}-{span}-{SAMPLED}"));
        let mut metadata = vec![("floe/run_id", Metadata::Text(self.run_id()))];
        metadata.extend(rows.map(|rows| ("dagster/row_count", count(rows))));
        if let Some((trace_id, span_id)) = ids {
            metadata.push(("floe/trace_id", Metadata::Text(trace_id)));
            metadata.push(("floe/span_id", Metadata::Text(span_id)));
        }
        metadata.extend(traceparent.iter().map(|it| ("floe/traceparent", Metadata::Text(it))));
        metadata.extend(url.iter().map(|it| ("floe/trace", Metadata::Url(it))));
        self.pipes.report_asset_materialization(key, &metadata, None).map_err(unwritten)
    }

    fn report(&self, rows: Option<u64>, checked: &[Checked]) -> Result<(), Error> {
        self.report_built(&self.key, rows, active::current_ids().as_ref())?;
        for check in checked {
            let severity = if check.is_tolerated { Severity::Warn } else { Severity::Error };
            let failed = check.result.failed_rows.map(|rows| ("floe/failed_rows", count(rows)));
            let metadata: Vec<_> = failed.into_iter().collect();
            let name = &check.name;
            let passed = check.result.passed;
            let written =
                self.pipes.report_asset_check(&self.key, name, passed, severity, &metadata);
            written.map_err(unwritten)?;
        }
        Ok(())
    }

    fn build_by_dbt(
        &self,
        project: &DbtProject,
        plugins: &Active,
        known: &mut Known,
    ) -> Result<Option<u64>, Failure> {
        let selection = self.selection();
        let (ended, nodes) = mpsc::channel();
        let of_nodes = self.extras.nodes.is_some().then_some(&selection);
        let run_id = self.run_id();
        let ran = dbt::run(&self.identity, project, plugins, run_id, Some(&ended), of_nodes)?;
        let run = ran.run;
        drop(ended);
        get_current_span().set_attributes(&Invocation {
            invocation_id: run.invocation_id.as_deref(),
            ..Invocation::default()
        });
        known.step.dbt_invocation_id.clone_from(&run.invocation_id);
        known.nodes.clone_from(&run.nodes);
        let built = dbt::built(&self.identity, &run).and(ran.reported.map_err(Failure::from));
        let built = built.map(|()| None);
        if of_nodes.is_some() {
            let built = built.and_then(|rows| self.check_results(&run.nodes).map(|()| rows));
            let spans = nodes.into_iter().filter_map(|node| Some((node.unique_id, node.span?)));
            let spans: HashMap<_, _> = spans.collect();
            for node in &run.nodes {
                self.report_node(node, &selection, spans.get(&node.unique_id))?;
            }
            if let Err(failure) = &built {
                // Dagster ignores the assets that were built if the process ends with an error.
                let reason = Value::String(failure.redacted());
                self.pipes.report_custom_message(&reason).map_err(unwritten)?;
                known.is_reported = true;
            }
            interrupt::check()?;
            return built;
        }
        interrupt::check()?;
        run::record(&self.key, Orchestration::Dagster, built.as_ref().copied());
        if built.is_ok() {
            self.report(None, &[])?;
        }
        built
    }

    /// Returns an error if a selected node has no result, because dbt succeeds if it finds no node to select.
    fn check_results(&self, found: &[BuiltNode]) -> Result<(), Failure> {
        let found: HashSet<&String> = found.iter().map(|it| &it.unique_id).collect();
        let nodes = self.extras.nodes.iter().flat_map(HashMap::keys);
        let selected = nodes.chain(self.extras.checks.keys());
        let missing: BTreeSet<&String> = selected.filter(|it| !found.contains(it)).collect();
        let Some(first) = missing.first() else {
            return Ok(());
        };
        let count = missing.len();
        let message = format!(
            "expected a result of dbt for each selected node, found none for {count}, the first: `{first}`; \
             load the definitions again if the project has changed"
        );
        Err(Error::Setting(message).into())
    }

    /// Returns the selected nodes, as dbt's trace needs them.
    fn selection(&self) -> Selection {
        let mut attributes = self.attributes("").to_otel_dict();
        attributes.retain(|it| it.key.as_str() != Attributes::ASSET_KEY);
        attributes.push(KeyValue::new(PipelineRun::RUN_ID, self.run_id().to_owned()));
        Selection {
            select: self.extras.select.clone().unwrap_or_default(),
            keys: self.extras.nodes.clone().unwrap_or_default(),
            attributes,
            tracer: DAGSTER,
        }
    }

    fn report_node(
        &self,
        node: &BuiltNode,
        selection: &Selection,
        span: Option<&SpanContext>,
    ) -> Result<(), Error> {
        let is_built = node.status == NodeStatus::Built;
        if let Some(key) = selection.keys.get(&node.unique_id).filter(|_| is_built) {
            let span = span.filter(|it| it.is_sampled());
            let ids = span.map(|it| (it.trace_id().to_string(), it.span_id().to_string()));
            self.report_built(key, node.rows, ids.as_ref())?;
        }
        let check = self.extras.checks.get(&node.unique_id);
        if let Some((key, name)) = check.filter(|_| node.status != NodeStatus::Skipped) {
            let severity = if node.has_warned { Severity::Warn } else { Severity::Error };
            let passed = is_built && !node.has_warned;
            let written = self.pipes.report_asset_check(key, name, passed, severity, &[]);
            written.map_err(unwritten)?;
        }
        Ok(())
    }

    fn trace_url(&self) -> Option<String> {
        let (trace_id, _) = active::current_ids()?;
        let url = self.artifacts.observability.trace_url.as_ref()?;
        Some(url.of(&trace_id))
    }

    /// Logs the ids of the run, and writes the address or id of the trace to Dagster's log, before the asset may fail.
    fn announce(&self) -> Result<(), Error> {
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
    known: &mut Known,
) -> Result<Option<u64>, Failure> {
    step.announce()?;
    let DagsterStep { identity, artifacts, .. } = step;
    let product = artifacts.product();
    let sources = product.sources.iter().map(|it| it.name);
    let keys: Vec<&str> = sources.chain(product.models.iter().map(|it| it.name)).collect();
    if !keys.contains(&key) {
        let accepted = keys.join(", ");
        let message =
            format!("expected {accepted}, found the asset `{key}`; compile the product again");
        return Err(Error::Setting(message).into());
    }
    let plugins = started(identity, artifacts)?;
    let assets = Asset::all(artifacts);
    let asset = match (&artifacts.dbt, assets.iter().find(|asset| asset.key() == key)) {
        (None, Some(asset)) => asset,
        (Some(project), _) => return step.build_by_dbt(project, &plugins, known),
        (None, None) => return Ok(None),
    };
    // In a run of `floe`, Dagster builds one asset at a time, so the database needs no copy.
    let shared = step.shared.as_ref().and_then(|shared| shared.database.as_ref());
    let (warehouse, session) = if let Some(database) = shared {
        (None, warehouse::open(database, &plugins)?)
    } else {
        let warehouse = Warehouse::prepare(&identity.folder, &plugins)?;
        let session = warehouse.copy(&plugins)?;
        (Some(warehouse), session)
    };
    let mut tables = Tables { spans: step.upstream(), ..Tables::new(session) };
    let run = Run {
        orchestration: Orchestration::Dagster,
        has_tables: true,
        dagster_run_id: Some(step.pipes.context().run_id.clone()),
        ..Run::new(run_id, identity, artifacts, step.product.as_ref(), &plugins)
    };
    known.step = Step { lineage_run_id: known.step.lineage_run_id.take(), ..asset.step() };
    let built = asset.build_in_span(&run, &step.lineage_run_id, &mut tables, &mut known.step);
    interrupt::check()?;
    let fails = |it: &Checked| !it.result.passed && !it.is_tolerated;
    let is_of_check = checks_of(&built).iter().any(fails);
    let rows = match &built {
        Ok(built) => Some(built.rows),
        // The table is kept, because Dagster builds nothing that depends on it after a failed check.
        Err(Failure::Query(_)) if is_of_check => None,
        Err(_) => return built.map(|built| Some(built.rows)),
    };
    step.report(rows, checks_of(&built))?;
    known.is_reported = built.is_err();
    if let Some(warehouse) = warehouse {
        warehouse.replace(tables, &plugins)?;
    }
    built.map(|built| Some(built.rows))
}

/// Builds the nodes of a dbt project that are assets of the step, by one command of dbt.
#[traced(
    name = format!("dagster.step.{key}"),
    tracer = DAGSTER,
    attributes(
        Orchestrator::OPERATION = "step",
        PipelineRun::RUN_ID = step.run_id(),
        Attributes::RUN_ID = &*step.pipes.context().run_id,
        Attributes::STEP_KEY = key,
        Attributes::RETRY_NUMBER = step.pipes.context().retry_number,
        Orchestrator::ASSET_COUNT = nodes.len(),
    ),
)]
fn build_nodes(
    key: &str,
    step: &DagsterStep,
    project: &DbtProject,
    nodes: &HashMap<String, String>,
    known: &mut Known,
) -> Result<Option<u64>, Failure> {
    step.announce()?;
    let plugins = started(&step.identity, &step.artifacts)?;
    step.build_by_dbt(project, &plugins, known)
}

/// Configures and starts the plugins that build assets.
pub(super) fn started(identity: &Identity, artifacts: &CompiledArtifacts) -> Result<Active, Error> {
    let plugins = Active::configure(artifacts.selected(), identity)?;
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
    Ok(plugins)
}

type Parts = (Option<SharedRun>, Identity, CompiledArtifacts, String, Extras);

fn read(pipes: &Pipes, folder: &Path) -> Result<Parts, Error> {
    let context = pipes.context();
    let extras = Value::Object(context.extras.clone());
    let extras: Extras = serde_json::from_value(extras)
        .map_err(|error| Error::Setting(format!("the parameters of the step: {error}")))?;
    if extras.select.as_ref().is_some_and(Vec::is_empty) {
        let message = "Dagster's step selects no node of dbt, expected one or several";
        return Err(Error::Setting(message.to_owned()));
    }
    let keys: BTreeSet<&String> = context.asset_keys.iter().collect();
    let key = match (keys.first(), keys.len()) {
        (Some(key), 1) => (*key).clone(),
        // The record of a dbt project has the name of the project.
        _ if extras.nodes.is_some() => String::new(),
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
    let key = match &artifacts.dbt {
        Some(project) if extras.nodes.is_some() => project.name.to_string(),
        _ => key,
    };
    Ok((shared, identity, artifacts, key, extras))
}

fn count(rows: u64) -> Metadata<'static> {
    Metadata::Int(i64::try_from(rows).unwrap_or(i64::MAX))
}

fn exception(message: &str) -> Exception {
    Exception::new("FloeError", message)
}

fn unwritten(error: impl std::error::Error) -> Error {
    let error = floe_plugin::Error::new(floe_plugin::ErrorKind::System, error.to_string());
    Error::Plugin(error)
}
