//! A compiled product, for the commands of Dagster that build nothing.

use std::path::Path;

use floe_plugin::orchestrator::Orchestrator;
use floe_plugins::error::Error;
use floe_telemetry::{TelemetryConfig, traced};

use super::step::started;
use crate::artifacts::{self, CompiledArtifacts};
use crate::identity::Identity;
use crate::pipeline::dbt;
use crate::pipeline::run::DAGSTER;

/// A compiled product.
#[derive(Debug)]
pub struct DagsterProduct {
    pub(super) identity: Identity,
    pub(super) artifacts: CompiledArtifacts,
}

impl DagsterProduct {
    /// Reads the artifacts of the product in `folder`.
    ///
    /// # Errors
    /// The product was not compiled, or its artifacts cannot be used.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let path = artifacts::default_path(folder);
        let artifacts = CompiledArtifacts::read(&path)?;
        let identity = Identity::compiled(folder, &path, &artifacts)?;
        Ok(Self { identity, artifacts })
    }

    /// Returns the configuration of the telemetry.
    pub fn telemetry(&self) -> TelemetryConfig {
        self.artifacts.observability.telemetry.clone()
    }

    /// Writes the manifest of the product's dbt project, from which `dagster-dbt` makes assets.
    ///
    /// # Errors
    /// The product is no dbt project, or dbt cannot read the project.
    #[traced(
        name = "dagster.definitions",
        tracer = DAGSTER,
        attributes(Orchestrator::OPERATION = "definitions"),
    )]
    pub fn parse(&self) -> Result<(), Error> {
        let Self { identity, artifacts } = self;
        let missing = || Error::Setting("expected a product that is a dbt project".to_owned());
        let project = artifacts.dbt.as_ref().ok_or_else(missing)?;
        dbt::parse(identity, project, &started(identity, artifacts)?)
    }
}
