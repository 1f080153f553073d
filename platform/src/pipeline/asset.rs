//! An asset of a run: a source or a model.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

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
use super::report::Report;
use super::run::{Run, TRACER_NAME};
use super::{model, source};
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
        sources
            .chain(artifacts.models.iter().map(Self::Model))
            .collect()
    }

    pub(super) fn key(self) -> &'a str {
        match self {
            Self::Source(source) => &source.name,
            Self::Model(model) => &model.name,
        }
    }

    /// The size of the file of a source.
    pub(super) fn bytes(self, folder: &Path) -> Option<u64> {
        let Self::Source(CompiledSource { path, .. }) = self else {
            return None;
        };
        let file = fs::metadata(folder.join(&**path.as_ref()?));
        Some(file.ok()?.len())
    }

    /// The assets that this one reads.
    pub(super) fn needs(self) -> Option<&'a BTreeSet<String>> {
        match self {
            Self::Source(source) => source.generate.as_ref().map(|query| &query.depends_on),
            Self::Model(model) => Some(&model.query.depends_on),
        }
    }

    /// How a model is built; `None` for a source.
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

    /// An asset that this one depends on and that the run has to build and has not built.
    pub(super) fn missing(self, done: &Report) -> Option<&'a str> {
        let needs = self.needs().into_iter().flatten();
        let mut missing = needs.filter(|need| done.is_selected(need) && !done.is_built(need));
        missing.next().map(String::as_str)
    }

    /// Generates the file of a source that has none. What follows is the same whether the file was there or not.
    fn generate(self, run: &Run<'_>) -> Result<(), Failure> {
        match self {
            Self::Source(source) => source::generate(source, run),
            Self::Model(_) => Ok(()),
        }
    }

    /// Builds the asset in the current span, which is that of a step of Dagster.
    pub(super) fn build_in_span(self, run: &Run<'_>, run_id: &RunId) -> Result<u64, Failure> {
        self.build_generated(run, run_id, self.generate(run))
    }

    /// Builds the asset in the current span, after its file was generated.
    fn build_generated(
        self,
        run: &Run<'_>,
        run_id: &RunId,
        generated: Result<(), Failure>,
    ) -> Result<u64, Failure> {
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

    /// Builds the asset in a run of its own job, unless an asset that it depends on was not built.
    pub(super) fn build(
        self,
        run: &Run<'_>,
        run_id: &RunId,
        done: &Report,
    ) -> Result<Outcome, Error> {
        if let Some(missing) = self.missing(done) {
            skip(self.key(), missing);
            return Ok(Outcome::Skipped {
                missing: missing.to_owned(),
            });
        }
        let built = build(self.key(), self, run, run_id, self.generate(run));
        if built.is_err() {
            // After a signal, the engine reports every query as failed.
            interrupt::check()?;
        }
        match built {
            Ok(rows) => Ok(Outcome::Built { rows }),
            Err(Failure::Query(error)) => Ok(Outcome::Failed {
                message: error.redacted(),
                excerpt: error.excerpt.map(Into::into),
            }),
            Err(Failure::Stop(error)) => Err(error),
        }
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

/// Records a span for an asset that is not built, so that the trace contains every asset.
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
