//! An asset of a run: a source, or a model, whose query's result is stored as a table or a view.

use std::collections::BTreeSet;
use std::time::Instant;

use floe_plugin::compute::{DatabaseTable, Materialize, Transform, TransformOutcome};
use floe_plugin::failure::counted;
use floe_plugin::ingestion::IngestionOutcome;
use floe_plugin::lineage::Lineage;
use floe_plugin::orchestrator::{
    AssetStatus, LocalAsset, LocalAssetOutcome, Orchestrator, PipelineRun,
};
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::{get_current_span, traced};

use super::outcome::{Checked, Failure};
use super::report::Report;
use super::run::{self, AssetRun, Built, Orchestration, Run, TRACER_NAME, Tables};
use super::{checks, source};
use crate::artifacts::{CheckedTable, CompiledArtifacts, CompiledModel, CompiledSource};
use crate::product::{self, Materialization};
use crate::record::{FailedCheck, Outcome, Step};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Asset<'a> {
    Source(&'a CompiledSource),
    Model(&'a CompiledModel),
}

impl<'a> Asset<'a> {
    /// Returns all assets of a product, each after the assets that it depends on.
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

    /// Returns the assets that this asset's query reads.
    pub(crate) fn needs(self) -> BTreeSet<&'a str> {
        match self {
            Self::Source(source) => source.needs(),
            Self::Model(model) => model.needs(),
        }
    }

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

    pub(crate) fn missing(self, done: &Report) -> Option<&'a str> {
        let mut needs = self.needs().into_iter();
        needs.find(|need| !done.has_built(need))
    }

    /// Generates the file of a source if the file is missing.
    fn generate(self, run: &Run<'_>, tables: &mut Tables) -> Result<(), Failure> {
        let Self::Source(source) = self else {
            return Ok(());
        };
        match source::to_generate(source, run)? {
            None => Ok(()),
            Some((query, path)) => source::generate(query, path, run, tables),
        }
    }

    /// Builds the asset in the current span, that of a Dagster step. Adds the time and the checks to the record `step`.
    pub(crate) fn build_in_span(
        self,
        run: &Run<'_>,
        run_id: &RunId,
        tables: &mut Tables,
        step: &mut Step,
    ) -> Result<Built, Failure> {
        let generated = self.generate(run, tables);
        let started = Instant::now();
        let built = self.build_generated(run, run_id, generated, tables);
        describe(step, started, &built);
        built
    }

    pub(crate) fn step(self) -> Step {
        let kind = match self {
            Self::Source(_) => "source",
            Self::Model(model) => model.layer.as_str(),
        };
        Step { key: self.key().to_owned(), kind: kind.to_owned(), ..Step::default() }
    }

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
        let job = self.job(run_id);
        let steps = || {
            tables.link(job.inputs.iter().copied());
            let begun = run.lineage(&job, tables, None).map_err(Failure::from);
            let rows = begun.and(generated).and_then(|()| self.write(run, tables));
            let built = rows.and_then(|rows| {
                let checks = checks::check(self.checked(), run, tables)?;
                Ok(Built { rows, span: get_current_span().span_context(), checks })
            });
            self.record(run, &built);
            // A lost start may be stored by another backend, so it always has an end.
            let ended = run.lineage(&job, tables, Some(&built));
            let built = built?;
            ended?;
            Ok(built)
        };
        counted(component, |_| !interrupt::is_requested(), steps)
    }

    fn job<'b>(self, run_id: &'b RunId) -> AssetRun<'b>
    where
        'a: 'b,
    {
        let (job_type, sql) = match self {
            Self::Source(source) => ("SOURCE", source.generate.as_ref()),
            Self::Model(model) => ("MODEL", Some(&model.query)),
        };
        let sql = sql.map(|query| &*query.sql);
        AssetRun { key: self.key(), run_id, job_type, sql, inputs: self.needs() }
    }

    fn checked(self) -> CheckedTable<'a> {
        match self {
            Self::Source(source) => source.checked(),
            Self::Model(model) => model.checked(),
        }
    }

    fn write(self, run: &Run<'_>, tables: &mut Tables) -> Result<u64, Failure> {
        let key = self.key();
        match self {
            Self::Source(source) => {
                run.orchestration.io("write", key, || source::load(source, run, tables))
            }
            Self::Model(model) => {
                for input in &model.query.depends_on {
                    run.orchestration.io("read", input, || read(input, run, tables))?;
                }
                let rows = run.orchestration.io("write", key, || write(model, run, tables))?;
                // If the columns cannot be read, the lineage event has no schema.
                let _ = tables.read_columns(key);
                Ok(rows)
            }
        }
    }

    fn record(self, run: &Run<'_>, built: &Result<Built, Failure>) {
        let rows = built.as_ref().map(|built| Some(built.rows));
        let known = rows.ok().flatten();
        match self {
            Self::Source(_) => get_current_span().set_attributes(&IngestionOutcome {
                success: built.is_ok(),
                rows_loaded: known,
                ..IngestionOutcome::default()
            }),
            Self::Model(_) => {
                get_current_span().set_attributes(&TransformOutcome { rows_affected: known });
            }
        }
        run::record(self.key(), run.orchestration, rows);
    }

    /// Builds the asset as a job of its own in lineage, or skips it if a dependency was not built. Returns the asset's
    /// record even if an error stops the run.
    pub(crate) fn build(
        self,
        run: &Run<'_>,
        done: &Report,
        tables: &mut Tables,
    ) -> (Step, Result<(), Error>) {
        let mut step = self.step();
        if let Some(missing) = self.missing(done) {
            skip(self.key(), missing);
            step.outcome = Outcome::Skipped { missing: missing.to_owned() };
            return (step, Ok(()));
        }
        let run_id = RunId::new();
        let generated = self.generate(run, tables);
        let started = Instant::now();
        let built = build(self.key(), self, run, &run_id, generated, tables);
        describe(&mut step, started, &built);
        step.lineage_run_id = Some(run_id);
        let ended = match built {
            Ok(built) => {
                tables.spans.insert(self.key().to_owned(), built.span);
                Ok(Outcome::Built { rows: Some(built.rows) })
            }
            // After a signal, the engine reports even a valid query as failed.
            Err(failure) => interrupt::check().and_then(|()| match failure {
                Failure::Query(error) => Ok(Outcome::Failed { message: error.redacted() }),
                Failure::Stop(error) => Err(error),
            }),
        };
        let stopped = |error: &Error| Outcome::Failed { message: error.redacted() };
        step.outcome = ended.as_ref().map_or_else(stopped, Clone::clone);
        (step, ended.map(drop))
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

/// Records a span for a skipped asset, so that the trace contains every asset.
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

/// Checks that an input can be read. If Dagster builds the asset, the span of the read links to the span of the input,
/// which may belong to another run.
fn read(input: &str, run: &Run<'_>, tables: &mut Tables) -> Result<(), Failure> {
    if run.orchestration == Orchestration::Dagster {
        tables.link([input]);
        let system = tables.session.system_name();
        get_current_span().set_attributes(&DatabaseTable { system, table: Some(input) });
    }
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
        let columns: Vec<&str> = inputs
            .filter_map(|input| tables.columns.get(input))
            .flatten()
            .map(String::as_str)
            .collect();
        Failure::of_query(error, &file, &model.query.sql).with_columns(&columns)
    })
}

fn describe(step: &mut Step, started: Instant, built: &Result<Built, Failure>) {
    step.seconds = started.elapsed().as_secs_f64();
    for check in checks_of(built) {
        if check.result.passed {
            step.checks_passed += 1;
        } else {
            step.checks_failed += 1;
            let name = check.name.clone();
            let query = check.result.query.clone();
            step.failed_checks.push(FailedCheck { name, query });
        }
    }
}
