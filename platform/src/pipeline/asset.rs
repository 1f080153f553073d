//! An asset of a run: a source, or a model, which is the result of a query, stored as a table or a view.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use floe_plugin::compute::{DatabaseTable, Materialize, Transform, TransformOutcome};
use floe_plugin::failure::counted;
use floe_plugin::lineage::Lineage;
use floe_plugin::orchestrator::{
    AssetStatus, LocalAsset, LocalAssetOutcome, Orchestrator, PipelineRun,
};
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::{get_current_span, traced};

use super::outcome::{Checked, Failure, Outcome};
use super::report::{Checks, Details, FailedCheck, Report};
use super::run::{self, AssetRun, Built, Run, TRACER_NAME, Tables};
use super::{checks, source};
use crate::artifacts::{CompiledArtifacts, CompiledModel, CompiledSource};
use crate::product::{self, Materialization};

/// A source or a model.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asset<'a> {
    Source(&'a CompiledSource),
    Model(&'a CompiledModel),
}

impl<'a> Asset<'a> {
    /// All assets of a product; each follows the assets that it depends on.
    pub(crate) fn all(artifacts: &'a CompiledArtifacts) -> Vec<Self> {
        let sources = artifacts.sources.iter().map(Self::Source);
        sources.chain(artifacts.models.iter().map(Self::Model)).collect()
    }

    pub(crate) fn key(self) -> &'a str {
        match self {
            Self::Source(source) => &source.name,
            Self::Model(model) => &model.name,
        }
    }

    /// The assets that this one and its checks read.
    pub(crate) fn needs(self) -> BTreeSet<&'a str> {
        match self {
            Self::Source(source) => source.needs(),
            Self::Model(model) => model.needs(),
        }
    }

    /// The transformation that builds a model; `None` for a source.
    fn transform(self) -> Option<Transform<'a>> {
        match self {
            Self::Source(_) => None,
            Self::Model(model) => Some(Transform {
                model: &model.name,
                layer: model.layer.as_str(),
                materialization: model.materialization.as_str(),
            }),
        }
    }

    /// A dependency that the run has not built.
    pub(crate) fn missing(self, done: &Report) -> Option<&'a str> {
        let mut needs = self.needs().into_iter();
        needs.find(|need| !done.is_built(need))
    }

    /// Generates a missing file of a source, and returns the time that this took. The later steps are the same with and
    /// without the file.
    fn generate(
        self,
        run: &Run<'_>,
        tables: &mut Tables,
    ) -> (Option<Duration>, Result<(), Failure>) {
        let Self::Source(source) = self else {
            return (None, Ok(()));
        };
        match source::to_generate(source, run) {
            Ok(None) => (None, Ok(())),
            Ok(Some((query, path))) => {
                let started = Instant::now();
                let written = source::generate(query, path, run, tables);
                (Some(started.elapsed()), written)
            }
            Err(error) => (None, Err(error)),
        }
    }

    /// Builds the asset in the current span, which belongs to a step of Dagster.
    pub(crate) fn build_in_span(
        self,
        run: &Run<'_>,
        run_id: &RunId,
        tables: &mut Tables,
    ) -> (Result<Built, Failure>, Details) {
        let (took, generated) = self.generate(run, tables);
        let built = self.build_generated(run, run_id, generated, tables);
        let details = self.details(run, took, &built);
        (built, details)
    }

    /// The details of the asset. `generated` is the time that generating its file took.
    fn details(
        self,
        run: &Run<'_>,
        generated: Option<Duration>,
        built: &Result<Built, Failure>,
    ) -> Details {
        let path = match self {
            Self::Source(source) if built.is_ok() => Some(&source.path),
            _ => None,
        };
        let bytes = path.and_then(|path| fs::metadata(run.folder().join(&**path)).ok());
        let checks = checks_of(built);
        let (passed, failed): (Vec<_>, Vec<_>) = checks.iter().partition(|it| it.result.passed);
        let failed = failed.into_iter();
        let failed =
            failed.map(|it| FailedCheck { name: it.name.clone(), query: it.result.query.clone() });
        let failed_checks: Vec<FailedCheck> = failed.collect();
        Details {
            bytes: bytes.map(|file| file.len()),
            generated,
            checks: Checks { passed: passed.len() as u64, failed: failed_checks.len() as u64 },
            failed_checks,
            ..Details::default()
        }
    }

    /// Builds the asset in the current span, after its file is generated.
    fn build_generated(
        self,
        run: &Run<'_>,
        run_id: &RunId,
        generated: Result<(), Failure>,
        tables: &mut Tables,
    ) -> Result<Built, Failure> {
        let component = match self {
            Self::Source(_) => "ingestion",
            Self::Model(_) => "transform",
        };
        counted(
            component,
            |_| !interrupt::is_requested(),
            || match self {
                Self::Source(source) => source::build(source, generated, run, run_id, tables),
                Self::Model(model) => build_model(model, run, run_id, tables),
            },
        )
    }

    /// Builds the asset as a job of its own, unless one of its dependencies was not built.
    pub(crate) fn build(
        self,
        run: &Run<'_>,
        run_id: &RunId,
        done: &Report,
        tables: &mut Tables,
    ) -> (Result<Outcome, Error>, Details) {
        if let Some(missing) = self.missing(done) {
            skip(self.key(), missing);
            let missing = missing.to_owned();
            return (Ok(Outcome::Skipped { missing }), Details::default());
        }
        let (took, generated) = self.generate(run, tables);
        let built = build(self.key(), self, run, run_id, generated, tables);
        let details = self.details(run, took, &built);
        let outcome = match built {
            Ok(built) => {
                tables.spans.insert(self.key().to_owned(), built.span);
                Ok(Outcome::Built { rows: Some(built.rows) })
            }
            // After a signal, the engine reports every query as failed.
            Err(failure) => interrupt::check().and_then(|()| match failure {
                Failure::Query(error) => Ok(Outcome::Failed { message: error.redacted() }),
                Failure::Stop(error) => Err(error),
            }),
        };
        (outcome, details)
    }
}

pub(crate) fn checks_of(built: &Result<Built, Failure>) -> &[Checked] {
    match built {
        Ok(built) => &built.checks,
        Err(Failure::Query(error)) => &error.checks,
        Err(Failure::Stop(_)) => &[],
    }
}

#[traced(
    name = format!("floe.asset.{key}"),
    tracer = TRACER_NAME,
    floe_attributes = (LocalAsset { key }, asset.transform()),
    attributes(
        Orchestrator::OPERATION = "asset",
        PipelineRun::RUN_ID = run.id,
        Lineage::RUN_ID = run_id.as_str(),
    ),
)]
fn build(
    key: &str,
    asset: Asset<'_>,
    run: &Run<'_>,
    run_id: &RunId,
    generated: Result<(), Failure>,
    tables: &mut Tables,
) -> Result<Built, Failure> {
    asset.build_generated(run, run_id, generated, tables)
}

/// Records the span of a skipped asset, so that the trace contains every asset.
#[traced(
    name = format!("floe.asset.{key}"),
    tracer = TRACER_NAME,
    floe_attributes = (
        LocalAsset { key },
        LocalAssetOutcome {
            status: AssetStatus::Skipped,
            missing: Some(missing),
        },
    ),
    attributes(Orchestrator::OPERATION = "asset"),
)]
fn skip(key: &str, missing: &str) {
    tracing::warn!(asset = key, missing, "skipped");
}

/// Builds a model in the current span, which is the asset's span.
fn build_model(
    model: &CompiledModel,
    run: &Run<'_>,
    run_id: &RunId,
    tables: &mut Tables,
) -> Result<Built, Failure> {
    let key = &*model.name;
    let job = format!("{}.{key}", run.identity.name);
    let lineage = AssetRun {
        key,
        job: &job,
        run_id,
        is_source: false,
        sql: Some(&model.query.sql),
        inputs: model.query.depends_on.iter().map(String::as_str).collect(),
    };
    tables.link(lineage.inputs.iter().copied());
    run.lineage_of_start(&lineage, tables)?;
    let written = read_inputs(model, run, tables)
        .and_then(|()| run.orchestration.write(key, || write(model, run, tables)));
    let built = written.and_then(|rows| {
        // Without them there is no schema.
        let _ = tables.read_columns(key);
        let checks = checks::check(model.checked(), run, tables)?;
        Ok(Built { rows, span: get_current_span().span_context(), checks })
    });
    let rows = built.as_ref().map(|built| Some(built.rows));
    let rows_affected = rows.ok().flatten();
    run::record(key, run.orchestration, rows, &TransformOutcome { rows_affected });
    run.lineage_of_end(&lineage, tables, &built)?;
    built
}

/// Reads the columns of each asset that the query reads.
fn read_inputs(model: &CompiledModel, run: &Run<'_>, tables: &mut Tables) -> Result<(), Failure> {
    for input in &model.query.depends_on {
        run.orchestration.read(input, || read(input, run, tables))?;
    }
    Ok(())
}

/// Checks that an input can be read. The current span links to the input's span, which may belong to another run.
fn read(input: &str, run: &Run<'_>, tables: &mut Tables) -> Result<(), Failure> {
    tables.link([input]);
    let system = tables.session.system_name();
    get_current_span().set_attributes(&DatabaseTable { system, table: Some(input) });
    let file = product::spec_path(run.folder());
    tables.read_columns(input).map_err(|error| Failure::of_query(error, &file, ""))
}

fn write(model: &CompiledModel, run: &Run<'_>, tables: &mut Tables) -> Result<u64, Failure> {
    let materialize = Materialize {
        name: &model.name,
        is_view: model.materialization == Materialization::View,
        sql: &model.query.sql,
    };
    run.replace(&model.name, &mut tables.session)?;
    let built = tables.session.materialize(&materialize);
    let file = run.folder().join(&*model.query.path);
    built.map_err(|error| {
        let inputs = model.query.depends_on.iter();
        let columns = inputs.filter_map(|input| tables.columns.get(input)).flatten();
        let columns: Vec<&str> = columns.map(String::as_str).collect();
        Failure::of_query(error, &file, &model.query.sql).with_columns(&columns)
    })
}
