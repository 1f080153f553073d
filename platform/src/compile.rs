//! The compiler: from a product's folder to compiled artifacts, in six stages.
//!
//! | stage | what it does |
//! |---|---|
//! | load | reads the files |
//! | validate | validates the product on its own |
//! | resolve | resolves references and orders the assets by their dependencies |
//! | enforce | enforces the rules of the platform |
//! | compile | creates the plan of execution |
//! | generate | writes the artifacts |

mod build;
mod enforce;
mod generate;
mod graph;
mod load;
pub(crate) mod reference;
mod resolve;
mod suspicious;
mod validate;

use std::path::Path;

use floe_plugin::compile::Compile;
use floe_plugin::failure::counted;
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
use floe_telemetry::traced;

use crate::artifacts::{self, CompiledArtifacts, CompiledModel, CompiledSource, VERSION};
use crate::identity::Identity;
use crate::product;

/// The sources and the models of a product, in the order in which they are built. Nothing is written.
///
/// # Errors
/// As for [`compile`].
pub fn assets(identity: &Identity) -> Result<(Vec<CompiledSource>, Vec<CompiledModel>), Error> {
    let loaded = load::load(identity)?;
    validate::validate(identity, &loaded)?;
    let plan = resolve::resolve(identity, &loaded)?;
    Ok(build::compile(&loaded, &plan))
}

/// Compiles a product and writes its artifacts to `output`, which may exist only if it contains artifacts.
///
/// # Errors
/// The product or the manifest contains a mistake; the error names the place. No artifacts are written.
#[traced(
    name = "floe.compile",
    floe_attributes = Compile {
        spec_path: Some(&product::spec_path(&identity.folder).to_string_lossy()),
        manifest_path: Some(&identity.manifest.to_string_lossy()),
        artifacts_version: Some(VERSION),
    },
    attributes("compile.operation" = "compile"),
)]
pub fn compile(identity: &Identity, output: &Path) -> Result<CompiledArtifacts, Error> {
    counted(
        "compile",
        |_| !interrupt::is_requested(),
        || stages(identity, output),
    )
}

fn stages(identity: &Identity, output: &Path) -> Result<CompiledArtifacts, Error> {
    if output == artifacts::default_path(&identity.folder) {
        product::check_output_folder(&identity.folder)?;
    } else {
        artifacts::check_output(output)?;
    }
    let loaded = load::load(identity)?;
    validate::validate(identity, &loaded)?;
    let plan = resolve::resolve(identity, &loaded)?;
    let warnings = enforce::enforce(identity, &loaded, &plan)?;
    let (sources, models) = build::compile(&loaded, &plan);
    tracing::info!(sources = sources.len(), models = models.len(), "compiled");
    generate::generate(identity, &loaded, warnings, sources, models, output)
}
