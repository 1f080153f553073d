//! Stage 6: writes the artifacts, and the files that plugins generate.

use std::path::Path;

use floe_plugin::InstrumentationWarning;
use floe_plugin::compile::{CompileStage, Stage};
use floe_plugins::error::Error;
use floe_plugins::files::atomic::{self, Access};
use floe_plugins::process::interrupt;
use floe_telemetry::{TelemetryConfig, traced};

use super::load::Loaded;
use crate::artifacts::{
    self, CompiledArtifacts, CompiledModel, CompiledSource, DbtProject, Metadata, Observability,
    VERSION,
};
use crate::identity::Identity;
use crate::manifest::selection;
use crate::plugins::generated;

#[traced(
    name = "floe.compile.stage6",
    floe_attributes = CompileStage::new(Stage::Generate)
)]
pub(super) fn generate(
    identity: &Identity,
    telemetry: &TelemetryConfig,
    loaded: &Loaded<'_>,
    instrumentation: Vec<InstrumentationWarning>,
    sources: Vec<CompiledSource>,
    models: Vec<CompiledModel>,
) -> Result<CompiledArtifacts, Error> {
    let lineage = &loaded.manifest.observability.lineage;
    let artifacts = CompiledArtifacts {
        version: VERSION.to_owned(),
        metadata: Metadata {
            product_name: identity.name.clone(),
            product_version: identity.version.clone(),
            namespace: identity.namespace.clone(),
            environment: identity.environment,
            description: loaded.product.description.clone(),
            owner: loaded.product.owner.clone(),
        },
        observability: Observability {
            telemetry: telemetry.clone(),
            lineage: lineage.enabled,
            lineage_namespace: identity.namespace.clone(),
            lineage_endpoint: lineage.endpoint.as_ref().map(ToString::to_string),
            lineage_transport: lineage.transport,
            trace_url: loaded.manifest.observability.tracing.trace_url.clone(),
        },
        instrumentation,
        sources,
        models,
        dbt: loaded.dbt.as_ref().map(|project| DbtProject {
            name: project.name.value.clone(),
            profile: project.profile.clone().unwrap_or_else(|| project.name.value.to_string()),
        }),
        plugins: selection::with_orchestrator(
            loaded.manifest.plugins.selected(&identity.manifest)?,
            identity.orchestrator.as_deref(),
        ),
        secrets: loaded.product.secrets.clone(),
    };
    // The artifacts are written last, because a product that a plugin refuses must not get any.
    generated::generate(identity, loaded.product, &artifacts)?;
    interrupt::check()?;
    write(&artifacts, &artifacts::default_path(&identity.folder))?;
    Ok(artifacts)
}

#[traced(name = "floe.artifacts.write")]
fn write(artifacts: &CompiledArtifacts, output: &Path) -> Result<(), Error> {
    atomic::replace(output, Access::Public, |file| {
        serde_json::to_writer_pretty(&mut *file, artifacts)?;
        file.write_all(b"\n")
    })
}
