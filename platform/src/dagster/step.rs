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

mod asset;
mod nodes;
mod parameters;

use std::path::Path;
use std::sync::mpsc::Sender;
use std::time::{SystemTime, UNIX_EPOCH};

use floe_dagster_pipes::{Level, Metadata, Session as Pipes};
use floe_plugin::PluginType;
use floe_plugin::dbt::{BuiltNode, Invocation, Selection};
use floe_plugin::orchestrator::Asset as Attributes;
use floe_plugins::error::Error;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::{TelemetryConfig, get_current_span};

use self::parameters::{Extras, Parameters};
use crate::artifacts::{CompiledArtifacts, DbtProject};
use crate::identity::Identity;
use crate::pipeline::dbt;
use crate::pipeline::outcome::Failure;
use crate::pipeline::processes::{Attempt, SharedRun};
use crate::pipeline::report::RunError;
use crate::plugins::active::{self, Active};
use crate::product::Product;
use crate::record::{Outcome, Step};

const SAMPLED: &str = "01";

/// The name of a failure in Dagster's log.
const EXCEPTION: &str = "FloeError";

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

/// The record of a step: its asset, and the nodes that dbt has built.
#[derive(Debug, Default)]
struct Known {
    step: Step,
    nodes: Vec<BuiltNode>,
    /// Whether a failure was reported to Dagster, for example as a failed check, which fails the step.
    is_reported: bool,
}

impl DagsterStep {
    /// Reads the parameters that Dagster passes to this process, and the artifacts of the product in `folder`.
    ///
    /// # Errors
    /// Dagster did not start this process, or the step or the artifacts are wrong. Dagster gets the second error, too.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let pipes = Pipes::from_environment().map_err(|error| Error::Setting(error.to_string()))?;
        let parameters = match parameters::read(&pipes, folder) {
            Ok(parameters) => parameters,
            Err(error) => {
                // If Dagster does not receive the error, the program still prints it.
                let _ = pipes.fail(EXCEPTION, &error.redacted());
                return Err(error);
            }
        };
        let Parameters { shared, identity, artifacts, key, extras } = parameters;
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
        let mut known = self.begun();
        self.add(&known, false)?;
        let failure = self.build_assets(&mut known).err();
        if let Some(failure) = &failure {
            known.step.outcome = Outcome::Failed { message: failure.redacted() };
        }
        let added = self.add(&known, true);
        let Some(failure) = failure.filter(|_| !known.is_reported) else {
            self.pipes.close().map_err(unwritten)?;
            return Ok(added?);
        };
        // If Dagster does not receive the error, the program still prints it.
        let _ = self.pipes.fail(EXCEPTION, &failure.redacted());
        Err(match failure {
            Failure::Query(_) => RunError::AssetFailed(failure.redacted()),
            Failure::Stop(error) => error.into(),
        })
    }

    fn build_assets(&self, known: &mut Known) -> Result<(), Failure> {
        match (&self.extras.nodes, &self.artifacts.dbt) {
            (Some(nodes), Some(project)) => nodes::build(self, project, nodes.len(), known),
            _ => asset::build(self, known),
        }
    }

    /// Returns the record of the asset before it is built.
    fn begun(&self) -> Known {
        let step = Step {
            key: self.key.clone(),
            lineage_run_id: Some(self.lineage_run_id.clone()),
            ..Step::default()
        };
        Known { step, ..Known::default() }
    }

    /// Runs dbt, adds its nodes to the record of the project, and returns the outcome.
    fn run_dbt(
        &self,
        project: &DbtProject,
        plugins: &Active,
        nodes: Option<(&Sender<BuiltNode>, &Selection)>,
        known: &mut Known,
    ) -> Result<Result<(), Failure>, Error> {
        let (ended, selection) = nodes.unzip();
        let ran = dbt::run(&self.identity, project, plugins, self.run_id(), ended, selection)?;
        get_current_span().set_attributes(&Invocation {
            invocation_id: ran.run.invocation_id.as_deref(),
            ..Invocation::default()
        });
        let built = dbt::built(&self.identity, &ran.run).and(ran.reported.map_err(Failure::from));
        known.step.dbt_invocation_id = ran.run.invocation_id;
        known.nodes = ran.run.nodes;
        Ok(built)
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

    /// Returns the key of the step; if the definitions do not pass it, the key of the asset.
    fn name(&self) -> &str {
        self.step_key().unwrap_or(&self.key)
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

fn count(rows: u64) -> Metadata<'static> {
    Metadata::Int(i64::try_from(rows).unwrap_or(i64::MAX))
}

fn unwritten(error: impl std::error::Error) -> Error {
    let error = floe_plugin::Error::new(floe_plugin::ErrorKind::System, error.to_string());
    Error::Plugin(error)
}
