//! One thing that a run builds, and what can become of it.

use std::collections::BTreeSet;

use floe_telemetry::{get_current_span, sanitize_error_message, traced};

use super::report::{Outcome, Report};
use super::{Run, model, source};
use crate::artifacts::{CompiledArtifacts, CompiledModel, CompiledSource};
use crate::conventions::{AssetAttributes, AssetEndAttributes, AssetStatus};
use crate::engine::QueryError;
use crate::error::Error;

/// A source or a model.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asset<'a> {
    Source(&'a CompiledSource),
    Model(&'a CompiledModel),
}

/// Why an asset was not built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// Its query is wrong; the others go on.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// Its data is wrong, or the engine is: the run ends here.
    #[error(transparent)]
    Stop(#[from] Error),
}

impl<'a> Asset<'a> {
    /// Every asset after those it needs.
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

    fn needs(self) -> Option<&'a BTreeSet<String>> {
        match self {
            Self::Source(source) => source.generate.as_ref().map(|query| &query.depends_on),
            Self::Model(model) => Some(&model.query.depends_on),
        }
    }

    /// Builds it, unless something that it needs is not there.
    pub(super) fn build(self, run: &Run<'_>, done: &Report) -> Result<Outcome, Error> {
        let missing = self
            .needs()
            .into_iter()
            .flatten()
            .find(|need| !done.is_built(need));
        if let Some(missing) = missing {
            skip(self.key(), run.id, missing);
            return Ok(Outcome::Skipped {
                missing: missing.clone(),
            });
        }
        let built = match self {
            Self::Source(source) => source::build(&source.name, run.id, source, run),
            Self::Model(model) => model::build(&model.name, run.id, model, run),
        };
        match built {
            Ok(rows) => Ok(Outcome::Built { rows }),
            Err(Failure::Query(error)) => {
                let message = sanitize_error_message(&error.to_string()).into_owned();
                Ok(Outcome::Failed { message })
            }
            Err(Failure::Stop(error)) => Err(error),
        }
    }
}

/// An asset that is left out is in the trace as well, so that nobody has to look for it.
#[traced(
    name = format!("dagster.asset.{key}"),
    floe_attributes = (
        AssetAttributes::new(key, run_id),
        AssetEndAttributes {
            status: AssetStatus::Skipped,
            missing: Some(missing),
        },
    ),
)]
fn skip(key: &str, run_id: &str, missing: &str) {
    tracing::warn!(asset = key, missing, "skipped");
}

/// What the span of an asset says of its end, and the log.
pub(super) fn record(key: &str, built: &Result<u64, Failure>, rows_key: &'static str) {
    let span = get_current_span();
    match built {
        Ok(rows) => {
            span.set_attribute(rows_key, *rows);
            tracing::info!(asset = key, rows, "built");
        }
        Err(error) => tracing::error!(asset = key, %error, "not built"),
    }
    span.set_attributes(&AssetEndAttributes {
        status: match built {
            Ok(_) => AssetStatus::Success,
            Err(_) => AssetStatus::Failed,
        },
        missing: None,
    });
}
