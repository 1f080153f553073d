//! The compiler: makes compiled artifacts from a product's folder in six stages.
//!
//! | stage | what it does |
//! |---|---|
//! | load | reads the queries of the product |
//! | validate | checks names, paths and plugins |
//! | resolve | resolves references and orders the assets by their dependencies |
//! | enforce | checks the order of the layers |
//! | compile | creates the sources and models of the artifacts |
//! | generate | writes the artifacts and the files of plugins |
//!
//! The first mistake stops the compilation.

mod build;
pub(crate) mod definition;
mod enforce;
mod generate;
mod graph;
mod load;
#[doc(hidden)]
pub mod reference;
mod resolve;
mod validate;

use floe_plugin::compile::Compile;
use floe_plugin::failure::counted;
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
use floe_telemetry::traced;

pub use self::definition::Definition;
use crate::artifacts::{CompiledArtifacts, VERSION};
use crate::product;

/// Compiles a product and writes its artifacts to their [default path](crate::artifacts::default_path).
///
/// # Errors
/// The product or the manifest contains a mistake, an operation failed, or a signal arrived. No artifacts are written.
#[traced(
    name = "floe.compile",
    floe_attributes = Compile {
        spec_path: Some(&product::spec_path(&definition.identity.folder).to_string_lossy()),
        manifest_path: Some(&definition.identity.manifest.to_string_lossy()),
        artifacts_version: Some(VERSION),
    },
    attributes("compile.operation" = "compile"),
)]
pub fn compile(definition: &Definition) -> Result<CompiledArtifacts, Error> {
    counted("compile", |_| !interrupt::is_requested(), || stages(definition))
}

fn stages(definition: &Definition) -> Result<CompiledArtifacts, Error> {
    let Definition { identity, product, manifest, telemetry } = definition;
    product::check_output_folder(&identity.folder)?;
    let loaded = load::load(identity, product, manifest)?;
    validate::validate(identity, &loaded)?;
    let plan = resolve::resolve(identity, &loaded)?;
    let warnings = enforce::enforce(identity, &loaded, &plan)?;
    let (sources, models) = build::compile(&loaded, &plan);
    tracing::info!(sources = sources.len(), models = models.len(), "compiled");
    generate::generate(identity, telemetry, &loaded, warnings, sources, models)
}
