//! Runs a product whose assets are built by processes that an orchestrator starts, and reports their results.
//!
//! Dagster starts a process of `floe` for each asset and passes on its environment, so the span of the run is the
//! parent of the assets' spans without OpenTelemetry in Python. Each process adds a line to a file at its start and at
//! its end, and the run makes its report from these lines. If the line of the end is missing, the process was killed,
//! and the run records the span of the asset.
//!
//! A run and its processes share two files in a private folder: the description of the run, and the lines of the
//! processes.

use std::collections::HashSet;
use std::env;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use floe_plugin::dbt::BuiltNode;
use floe_plugin::lineage::Lineage;
use floe_plugin::orchestrator::{
    Asset as Attributes, AssetOutcome, AssetStatus, Definitions, Orchestrator, ProcessOrchestrator,
    RunEnd,
};
use floe_plugin::{ErrorKind, Handle, Operation as _};
use floe_plugins::error::Error;
use floe_plugins::files::yaml;
use floe_plugins::place::Place;
use floe_plugins::process::interrupt;
use floe_telemetry::opentelemetry::trace::{Span as _, Status, Tracer as _};
use floe_telemetry::opentelemetry::{Context, KeyValue};
use floe_telemetry::{FloeAttributes as _, get_current_span, get_tracer};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::dbt;
use super::progress::Progress;
use super::report::Report;
use super::run::{DAGSTER, Run};
use super::warehouse::Warehouse;
use crate::artifacts;
use crate::plugins::active::failed;
use crate::product::{OUTPUT_FOLDER, absolute};
use crate::record::{Outcome, Step};

const UNFINISHED: &str = "the process of the asset ended without a result";

/// Builds the assets in the draft of `warehouse`, or else in dbt's database. Returns whether no asset failed.
pub(super) fn build(
    run: &Run<'_>,
    warehouse: Option<&Warehouse>,
    report: &mut Report,
    orchestrator: &Handle<dyn ProcessOrchestrator>,
) -> Result<bool, Error> {
    let Run { identity, artifacts, plugins, id, .. } = run;
    let product = artifacts.product();
    let folder = identity.folder.join(OUTPUT_FOLDER).join("orchestrator");
    let path = artifacts::default_path(&identity.folder);
    if let Some(warehouse) = warehouse {
        // The processes open the database one after the other, so it must exist and be closed.
        drop(warehouse.create(plugins)?);
    }
    let database = warehouse.map(Warehouse::database);
    let (_folder, file, shared) = SharedRun::create(id, database.as_deref(), &path)?;
    let program = env::current_exe().map_err(Error::io("find", Path::new("floe")))?;
    let product_folder = absolute(&identity.folder)?;
    let variables: [(&str, &OsStr); 3] = [
        ("FLOE_PROGRAM", program.as_os_str()),
        ("FLOE_PRODUCT", product_folder.as_os_str()),
        (VARIABLE, file.as_os_str()),
    ];
    let definitions = Definitions { folder: &folder, variables: &variables };
    let sources = product.sources.iter().map(|it| (it.name, &*it.depends_on));
    let models = product.models.iter().map(|it| (it.name, &*it.depends_on));
    let assets: Vec<Asset<'_>> = sources.chain(models).collect();
    let ran = orchestrator.run_definitions(&product, &definitions, || {
        record(&assets, &shared.attempts(), report);
    });
    Progress::new(identity, report, artifacts).finish_all(report, &HashSet::new());
    interrupt::check()?;
    let end = ran.map_err(failed(orchestrator))?;
    if report.count(Outcome::is_failed) > 0 {
        return Ok(false);
    }
    let is_of_nodes = artifacts.dbt.is_some() && report.has_begun();
    check(&end, orchestrator, if is_of_nodes { &[] } else { &assets }, report)?;
    Ok(true)
}

/// The key of an asset, and the keys of its inputs.
type Asset<'a> = (&'a str, &'a [&'a str]);

/// Checks that the orchestrator has succeeded and built every asset.
fn check(
    end: &RunEnd,
    orchestrator: &Handle<dyn ProcessOrchestrator>,
    assets: &[Asset<'_>],
    report: &Report,
) -> Result<(), Error> {
    let name = orchestrator.name();
    let refused = |message| {
        let error = floe_plugin::Error::new(ErrorKind::InvalidResponse, message);
        Err(failed(orchestrator)(error))
    };
    if end.code != 0 {
        return refused(end.message.clone());
    }
    let Some((key, _)) = assets.iter().find(|(key, _)| !report.has_built(key)) else {
        return Ok(());
    };
    let message = format!("{name} ended with the exit code 0, but did not build `{key}`");
    refused(message)
}

/// Adds the outcome of each asset to the report. Records the spans of skipped assets and of killed attempts.
fn record(assets: &[Asset<'_>], attempts: &[Attempt], report: &mut Report) {
    let Some(first) = attempts.first() else {
        return;
    };
    get_current_span().set_attribute(Attributes::RUN_ID, first.orchestrator_run_id.clone());
    report.record.dagster_run_id = Some(first.orchestrator_run_id.clone());
    for &(key, needs) in assets {
        let all = attempts.iter().filter(|it| it.step.key == key);
        let (ended, started): (Vec<&Attempt>, Vec<&Attempt>) = all.partition(|it| it.has_ended);
        let end_of = |it: &Attempt| ended.iter().find(|end| end.number == it.number);
        for attempt in started.iter().filter(|it| end_of(it).is_none()) {
            canceled(attempt);
        }
        let Some(last) = started.last() else {
            let missing = needs.iter().find(|need| !report.has_built(need));
            if let Some(missing) = missing.filter(|_| !interrupt::is_requested()) {
                skipped(key, missing, &first.orchestrator_run_id);
                let outcome = Outcome::Skipped { missing: (*missing).to_owned() };
                let key = key.to_owned();
                report.record.assets.push(Step { key, outcome, ..Step::default() });
            }
            continue;
        };
        let unfinished = Outcome::Failed { message: format!("`{key}`: {UNFINISHED}") };
        let (step, nodes) = match end_of(last) {
            Some(end) => (end.step.clone(), &*end.nodes),
            None => (Step { outcome: unfinished, ..last.step.clone() }, &[][..]),
        };
        if !nodes.is_empty() {
            let id = step.dbt_invocation_id.as_deref();
            dbt::add_nodes(nodes.to_vec(), id, &mut report.record.assets);
            // The nodes replace the project itself, unless the project failed and no node did.
            if step.outcome.is_built() || report.count(Outcome::is_failed) > 0 {
                continue;
            }
        }
        report.record.assets.push(step);
    }
}

/// Records the span of an asset that Dagster skipped because of a dependency. The status of the span stays unset.
fn skipped(key: &str, missing: &str, run_id: &str) {
    let outcome = AssetOutcome { status: AssetStatus::Skipped, missing: Some(missing) };
    let attributes = Attributes { asset_key: key, run_id: Some(run_id), ..Attributes::default() };
    span(&attributes, &outcome, SystemTime::now()).end();
}

/// Records the span of an attempt whose process was killed before the attempt ended.
fn canceled(attempt: &Attempt) {
    let outcome = AssetOutcome { status: AssetStatus::Canceled, missing: None };
    let attributes = Attributes {
        asset_key: &attempt.step.key,
        run_id: Some(&attempt.orchestrator_run_id),
        step_key: attempt.step_key.as_deref(),
        retry_number: Some(attempt.number.into()),
        ..Attributes::default()
    };
    let started = UNIX_EPOCH + Duration::from_millis(attempt.at);
    let mut span = span(&attributes, &outcome, started);
    let lineage_run_id = attempt.step.lineage_run_id.iter().map(ToString::to_string);
    span.set_attributes(lineage_run_id.map(|id| KeyValue::new(Lineage::RUN_ID, id)));
    span.set_attribute(KeyValue::new("error.type", "canceled"));
    span.set_status(Status::error(UNFINISHED));
    span.end();
}

fn span(
    attributes: &Attributes<'_>,
    outcome: &AssetOutcome<'_>,
    started: SystemTime,
) -> impl floe_telemetry::opentelemetry::trace::Span {
    let tracer = get_tracer(DAGSTER);
    let mut all = attributes.to_otel_dict();
    all.extend(outcome.to_otel_dict());
    all.push(KeyValue::new(Orchestrator::OPERATION, "asset"));
    let builder = tracer.span_builder(attributes.span_name());
    builder
        .with_attributes(all)
        .with_start_time(started)
        .start_with_context(&tracer, &Context::current())
}

/// The environment variable with the path of the run's description.
pub(crate) const VARIABLE: &str = "FLOE_RUN";

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SharedRun {
    pub(crate) run_id: String,
    /// The database that the run creates, unless dbt owns the tables.
    pub(crate) database: Option<PathBuf>,
    pub(crate) artifacts: PathBuf,
    attempts: PathBuf,
}

/// The start or the end of an attempt to build an asset.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attempt {
    /// The number of attempts before this one.
    pub(crate) number: u32,
    pub(crate) orchestrator_run_id: String,
    pub(crate) step_key: Option<String>,
    /// The start, in milliseconds since 1970.
    pub(crate) at: u64,
    /// The record of the asset, whose outcome is valid only at the end of the attempt.
    pub(crate) step: Step,
    pub(crate) nodes: Vec<BuiltNode>,
    pub(crate) has_ended: bool,
}

impl SharedRun {
    /// Creates the folder and writes the description of the run. Dropping the returned folder removes its files.
    pub(crate) fn create(
        run_id: &str,
        database: Option<&Path>,
        artifacts: &Path,
    ) -> Result<(TempDir, PathBuf, Self), Error> {
        let parent = env::temp_dir();
        let folder = tempfile::Builder::new()
            .prefix("floe-run-")
            .tempdir()
            .map_err(Error::io("create a folder in", &parent))?;
        let run = Self {
            run_id: run_id.to_owned(),
            database: database.map(absolute).transpose()?,
            artifacts: absolute(artifacts)?,
            attempts: folder.path().join("attempts.jsonl"),
        };
        let path = folder.path().join("run.json");
        let text = serde_json::to_vec(&run).unwrap_or_default();
        fs::write(&path, text).map_err(Error::io("write", &path))?;
        Ok((folder, path, run))
    }

    /// Returns the run that started this process; `None` if Dagster started it without a run of `floe`.
    pub(crate) fn from_environment() -> Result<Option<Self>, Error> {
        let Some(path) = env::var_os(VARIABLE).map(PathBuf::from) else {
            return Ok(None);
        };
        let refused = |message: String| Error::input(Place::file(&path), message);
        let text = yaml::text(&path)?;
        let run = serde_json::from_str(&text)
            .map_err(|error| refused(format!("expected a run of `floe` as JSON: {error}")))?;
        Ok(Some(run))
    }

    /// Adds a line in a single write, so that lines of several processes do not mix.
    pub(crate) fn add(&self, attempt: &Attempt) -> Result<(), Error> {
        let mut line = serde_json::to_string(attempt).unwrap_or_default();
        line.push('\n');
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.attempts)
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .map_err(Error::io("write", &self.attempts))
    }

    /// Returns the attempts in the order of the lines. Skips an incomplete line, which a killed process left.
    pub(crate) fn attempts(&self) -> Vec<Attempt> {
        let bytes = fs::read(&self.attempts).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_a_killed_process_has_cut_is_skipped() {
        let (_folder, _, run) = SharedRun::create("run", None, Path::new("artifacts")).unwrap();
        run.add(&Attempt {
            number: 0,
            orchestrator_run_id: "run".to_owned(),
            step_key: None,
            at: 0,
            step: Step::default(),
            nodes: Vec::new(),
            has_ended: true,
        })
        .unwrap();
        // The line ends within a character.
        let cut =
            [&fs::read(&run.attempts).unwrap()[..], b"{\"number\":1,\"message\":\"\xc3"].concat();
        fs::write(&run.attempts, cut).unwrap();
        assert_eq!(run.attempts().len(), 1);
    }
}
