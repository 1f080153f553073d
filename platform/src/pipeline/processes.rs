//! A run whose assets are built by processes that an orchestrator starts: what the run does before and after them.
//!
//! Dagster starts the assets, and `floe` builds them. Dagster passes its environment to their processes, so the
//! span of the run is their parent without OpenTelemetry in Python. Each process adds a line to a file at its
//! start and at its end, from which the run makes its report. An asset with a start and no end was killed, and
//! the run records its span.

use std::cell::{Cell, RefCell};
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use floe_plugin::lineage::Lineage;
use floe_plugin::orchestrator::{
    Asset as Attributes, AssetOrchestrator, AssetOutcome, AssetStatus, Definitions, Orchestrator,
    RunEnd,
};
use floe_plugin::{ErrorKind, Handle, Operation as _, PluginType};
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
use floe_plugins::runs::correlation::LineageParent;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::opentelemetry::trace::{Span as _, Status, Tracer as _};
use floe_telemetry::opentelemetry::{Context, KeyValue};
use floe_telemetry::{FloeAttributes as _, get_current_span, get_tracer};

use super::asset::Asset;
use super::orchestration::{DAGSTER, Orchestration};
use super::outcome::Outcome;
use super::progress::Progress;
use super::read_previews::read_previews;
use super::report::{Checks, Report, Step};
use super::run::Run;
use super::shared_run::{Attempt, SharedRun, State, VARIABLE};
use super::{Compiled, open, publish, warehouse_copy};
use crate::identity::Identity;
use crate::plugins::active::Active;
use crate::product::OUTPUT_FOLDER;
use crate::step_spans::StepSpans;

/// What is known of an asset whose process ended without a result.
const UNFINISHED: &str = "the process of the asset ended without a result";

/// Builds the assets in the database.
pub(super) fn fill(
    database: &Path,
    identity: &Identity,
    compiled: &Compiled<'_>,
    report: &mut Report,
    plugins: &Active,
    orchestrator: &Handle<dyn AssetOrchestrator>,
) -> Result<(), Error> {
    let of_plugin = |error| Error::of_plugin(PluginType::Orchestrator, orchestrator.name(), error);
    let product = compiled.artifacts.product();
    let folder = identity.folder.join(OUTPUT_FOLDER).join("orchestrator");
    if !compiled.has_definitions {
        let created = orchestrator.create_definitions(&product, &folder);
        created.map_err(of_plugin)?;
    }
    // Each process opens it, one after the other.
    open(database, plugins)?
        .close()
        .map_err(Error::from_plugin)?;
    let run_id = report.run_id().clone();
    let spans = StepSpans::create(&identity.folder)?;
    let (_folder, file, shared) = SharedRun::create(
        run_id.as_str(),
        database,
        compiled.path,
        spans.as_ref().map(StepSpans::path),
    )?;
    report.set_step_spans(spans);
    let program = env::current_exe().map_err(Error::io("find", Path::new("floe")))?;
    let absolute = absolute(&identity.folder)?;
    let variables: [(&str, &OsStr); 3] = [
        ("FLOE_PROGRAM", program.as_os_str()),
        ("FLOE_PRODUCT", absolute.as_os_str()),
        (VARIABLE, file.as_os_str()),
    ];
    let definitions = Definitions {
        folder: &folder,
        variables: &variables,
    };
    let started = Instant::now();
    let ran = orchestrator.run_definitions(&product, &definitions, || {
        record(&Asset::all(compiled.artifacts), &shared.attempts(), report);
    });
    let progress = Progress::new(identity, report, compiled.artifacts);
    for step in report.steps() {
        progress.finish(step);
    }
    drop(progress);
    interrupt::check()?;
    report.end_stage("build", started.elapsed());
    check(
        &ran.map_err(of_plugin)?,
        orchestrator.name(),
        compiled,
        report,
    )?;
    if report.count(Outcome::is_failed) > 0 {
        return Ok(());
    }
    let opened = warehouse_copy::open_existing(database, plugins)?;
    let run = Run {
        id: run_id.as_str(),
        identity,
        artifacts: compiled.artifacts,
        plugins,
        warehouse: RefCell::new(opened),
        dbt: None,
        dbt_invocation_ids: RefCell::default(),
        built_by_dbt: RefCell::default(),
        spans: RefCell::default(),
        orchestration: Orchestration::Dagster,
        has_tables: true,
        checked: RefCell::default(),
        generated: Cell::default(),
        columns: RefCell::default(),
        started_by: LineageParent::from_environment(),
        dagster_run_id: report.dagster_run_id().map(str::to_owned),
    };
    publish::publish(&run, report)?;
    report.set_previews(read_previews(&run, |table| report.rows(table)));
    let closed = run.warehouse.into_inner().close();
    closed.map_err(Error::from_plugin)?;
    interrupt::check()
}

/// Compares the exit code of the orchestrator with the assets that were built.
fn check(
    end: &RunEnd,
    name: &str,
    compiled: &Compiled<'_>,
    report: &mut Report,
) -> Result<(), Error> {
    if report.count(Outcome::is_failed) > 0 {
        // A run with failed assets is never a success.
        report.set_exit_code(exit_code(end.code).max(1));
        return Ok(());
    }
    if end.code != 0 {
        return Err(Error::Orchestrator {
            code: exit_code(end.code),
            message: format!("the orchestrator plugin `{name}`: {}", end.message),
        });
    }
    let assets = Asset::all(compiled.artifacts);
    match assets.iter().find(|asset| !report.is_built(asset.key())) {
        None => Ok(()),
        Some(asset) => {
            let message = format!(
                "{name} ended with the exit code 0 and did not build `{}`",
                asset.key()
            );
            let error = floe_plugin::Error::new(ErrorKind::InvalidResponse, message);
            Err(Error::of_plugin(PluginType::Orchestrator, name, error))
        }
    }
}

fn exit_code(code: i32) -> u8 {
    u8::try_from(code).unwrap_or(1)
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(Error::io("resolve", path))
}

/// Adds the outcome of each asset to the report. Assets without a process that ended get a span here.
fn record(assets: &[Asset<'_>], attempts: &[Attempt], report: &mut Report) {
    let Some(first) = attempts.first() else {
        return;
    };
    get_current_span().set_attribute(Attributes::RUN_ID, first.orchestrator_run_id.clone());
    report.set_dagster_run_id(&first.orchestrator_run_id);
    for asset in assets {
        let key = asset.key();
        let all: Vec<&Attempt> = attempts.iter().filter(|it| it.key == key).collect();
        let (started, ended): (Vec<&Attempt>, Vec<&Attempt>) =
            all.iter().partition(|it| it.state == State::Started);
        let unfinished = started
            .iter()
            .filter(|it| !ended.iter().any(|end| end.number == it.number));
        for attempt in unfinished {
            canceled(attempt);
        }
        let Some(last) = started.last() else {
            if interrupt::is_requested() {
                continue;
            }
            if let Some(missing) = asset.missing(report) {
                skipped(key, missing, &first.orchestrator_run_id);
                report.add(Step {
                    key: key.to_owned(),
                    run_id: RunId::new(),
                    dbt_invocation_id: None,
                    outcome: Outcome::Skipped {
                        missing: missing.to_owned(),
                    },
                    bytes: None,
                    generated: None,
                    checks: Checks::default(),
                    failed_checks: Vec::new(),
                    took: Duration::ZERO,
                });
            }
            continue;
        };
        let end = ended.iter().find(|end| end.number == last.number);
        let outcome = match end.map(|end| &end.state) {
            Some(State::Built { rows }) => Outcome::Built { rows: *rows },
            Some(State::Failed { message } | State::Canceled { message }) => Outcome::Failed {
                message: message.clone(),
                excerpt: None,
            },
            Some(State::Started) | None => Outcome::Failed {
                message: format!("`{key}`: {UNFINISHED}"),
                excerpt: None,
            },
        };
        let generated = end.and_then(|end| end.generated);
        let took = end.map_or(0, |end| end.at.saturating_sub(last.at));
        let took = Duration::from_millis(took);
        report.add(Step {
            key: key.to_owned(),
            run_id: last.lineage_run_id.clone(),
            dbt_invocation_id: end.and_then(|end| end.dbt_invocation_id.clone()),
            outcome,
            bytes: None,
            generated,
            checks: end.map(|end| end.checks).unwrap_or_default(),
            failed_checks: end.map(|end| end.failed_checks.clone()).unwrap_or_default(),
            took: took.saturating_sub(generated.unwrap_or_default()),
        });
    }
}

/// The span of an asset that Dagster did not build because of a dependency. Its status is unset: nothing was done.
fn skipped(key: &str, missing: &str, run_id: &str) {
    let outcome = AssetOutcome {
        status: AssetStatus::Skipped,
        missing: Some(missing),
    };
    let attributes = Attributes {
        asset_key: key,
        run_id: Some(run_id),
        ..Attributes::default()
    };
    span(&attributes, &outcome, SystemTime::now()).end();
}

/// The span of an attempt whose own process could not end it.
fn canceled(attempt: &Attempt) {
    let outcome = AssetOutcome {
        status: AssetStatus::Canceled,
        missing: None,
    };
    let attributes = Attributes {
        asset_key: &attempt.key,
        run_id: Some(&attempt.orchestrator_run_id),
        step_key: attempt.step_key.as_deref(),
        retry_number: Some(attempt.number.into()),
        ..Attributes::default()
    };
    let started = UNIX_EPOCH + Duration::from_millis(attempt.at);
    let mut span = span(&attributes, &outcome, started);
    span.set_attribute(KeyValue::new(
        Lineage::RUN_ID,
        attempt.lineage_run_id.to_string(),
    ));
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
