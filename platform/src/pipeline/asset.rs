//! An asset of a run: a source or a model.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use floe_plugin::compute::Transform;
use floe_plugin::failure::counted;
use floe_plugin::lineage::Lineage;
use floe_plugin::orchestrator::{
    AssetStatus, LocalAsset, LocalAssetOutcome, Orchestrator, PipelineRun,
};
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::traced;

use super::outcome::{Failure, Outcome};
use super::report::{Details, Report};
use super::run::{Run, TRACER_NAME};
use super::{generate, model, source};
use crate::artifacts::{CompiledArtifacts, CompiledModel, CompiledSource};

/// A source or a model.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asset<'a> {
    Source(&'a CompiledSource),
    Model(&'a CompiledModel),
}

impl<'a> Asset<'a> {
    /// All assets of a product; each follows the assets that it depends on.
    pub(super) fn all(artifacts: &'a CompiledArtifacts) -> Vec<Self> {
        let sources = artifacts.sources.iter().map(Self::Source);
        sources.chain(artifacts.models.iter().map(Self::Model)).collect()
    }

    pub(super) fn key(self) -> &'a str {
        match self {
            Self::Source(source) => &source.name,
            Self::Model(model) => &model.name,
        }
    }

    /// The assets that this one and its checks read.
    pub(super) fn needs(self) -> BTreeSet<&'a str> {
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
    pub(super) fn missing(self, done: &Report) -> Option<&'a str> {
        let mut needs = self.needs().into_iter();
        needs.find(|need| !done.is_built(need))
    }

    /// Generates a missing file of a source, and returns the time that this took. The later steps are the same with and
    /// without the file.
    fn generate(self, run: &Run<'_>) -> (Option<Duration>, Result<(), Failure>) {
        let Self::Source(source) = self else {
            return (None, Ok(()));
        };
        match source::to_generate(source, run) {
            Ok(None) => (None, Ok(())),
            Ok(Some((query, path))) => {
                let started = Instant::now();
                let written = generate::write(query, path, run);
                (Some(started.elapsed()), written)
            }
            Err(error) => (None, Err(error)),
        }
    }

    /// Builds the asset in the current span, which belongs to a step of Dagster.
    pub(super) fn build_in_span(
        self,
        run: &Run<'_>,
        run_id: &RunId,
    ) -> (Result<u64, Failure>, Details) {
        let (took, generated) = self.generate(run);
        let built = self.build_generated(run, run_id, generated);
        let details = self.details(run, took, built.is_ok());
        (built, details)
    }

    /// The details of the asset that was built last. `generated` is the time that generating its file took.
    fn details(self, run: &Run<'_>, generated: Option<Duration>, is_built: bool) -> Details {
        let path = match self {
            Self::Source(source) if is_built => Some(&source.path),
            _ => None,
        };
        let bytes = path.and_then(|path| fs::metadata(run.folder().join(&**path)).ok());
        Details {
            bytes: bytes.map(|file| file.len()),
            generated,
            checks: run.checks(),
            failed_checks: run.failed_checks(),
            ..Details::default()
        }
    }

    /// Builds the asset in the current span, after its file is generated.
    fn build_generated(
        self,
        run: &Run<'_>,
        run_id: &RunId,
        generated: Result<(), Failure>,
    ) -> Result<u64, Failure> {
        run.checked.borrow_mut().clear();
        let component = match self {
            Self::Source(_) => "ingestion",
            Self::Model(_) => "transform",
        };
        counted(
            component,
            |_| !interrupt::is_requested(),
            || match self {
                Self::Source(source) => source::build(source, generated, run, run_id),
                Self::Model(model) => model::build(model, run, run_id),
            },
        )
    }

    /// Builds the asset as a job of its own, unless one of its dependencies was not built.
    pub(super) fn build(
        self,
        run: &Run<'_>,
        run_id: &RunId,
        done: &Report,
    ) -> (Result<Outcome, Error>, Details) {
        if let Some(missing) = self.missing(done) {
            skip(self.key(), missing);
            let missing = missing.to_owned();
            return (Ok(Outcome::Skipped { missing }), Details::default());
        }
        let (took, generated) = self.generate(run);
        let built = build(self.key(), self, run, run_id, generated);
        let details = self.details(run, took, built.is_ok());
        let outcome = match built {
            Ok(rows) => Ok(Outcome::Built { rows: Some(rows) }),
            // After a signal, the engine reports every query as failed.
            Err(failure) => interrupt::check().and_then(|()| match failure {
                Failure::Query(error) => Ok(Outcome::Failed {
                    message: error.redacted(),
                    excerpt: error.excerpt.map(Into::into),
                }),
                Failure::Stop(error) => Err(error),
            }),
        };
        (outcome, details)
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
) -> Result<u64, Failure> {
    asset.build_generated(run, run_id, generated)
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
