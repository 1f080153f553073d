//! The compiler: from a product's folder to compiled artifacts, in six stages.
//!
//! | stage | what it does |
//! |---|---|
//! | load | reads the queries of the product |
//! | validate | validates the product on its own |
//! | resolve | resolves references and orders the assets by their dependencies |
//! | enforce | enforces the rules of the platform |
//! | compile | creates the plan of execution |
//! | generate | writes the artifacts |
//!
//! The mistakes of the first four stages are one error: each stage continues with the valid parts.

mod absent;
mod build;
pub(crate) mod definition;
mod enforce;
mod generate;
mod graph;
mod load;
pub(crate) mod reference;
mod resolve;
mod suspicious;
mod validate;

use floe_plugin::compile::Compile;
use floe_plugin::failure::counted;
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
use floe_telemetry::traced;

pub use self::definition::Definition;
use self::load::Loaded;
use self::resolve::Plan;
use crate::artifacts::{CompiledArtifacts, VERSION};
use crate::identity::Identity;
use crate::manifest::Manifest;
use crate::product::{self, Product};

/// Compiles a product and writes its artifacts to `output`, which may exist only if it contains artifacts.
///
/// # Errors
/// The product or the manifest contains a mistake; the error names the place. No artifacts are written.
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
    let (loaded, plan, warnings) = first_stages(identity, product, manifest, |loaded, plan| {
        enforce::enforce(identity, loaded, plan)
    })?;
    let (sources, models) = build::compile(&loaded, &plan);
    tracing::info!(sources = sources.len(), models = models.len(), "compiled");
    generate::generate(identity, telemetry, &loaded, warnings, sources, models)
}

/// Runs the first stages, and `last`.
fn first_stages<'a, T>(
    identity: &Identity,
    product: &'a Product,
    manifest: &'a Manifest,
    last: impl FnOnce(&Loaded<'_>, &Plan) -> Result<T, Error>,
) -> Result<(Loaded<'a>, Plan, T), Error> {
    let mut mistakes = Vec::new();
    let mut loaded = None;
    collect(load::load(identity, product, manifest, &mut loaded), &mut mistakes)?;
    let Some(loaded) = loaded else {
        return Err(Error::mistakes(mistakes));
    };
    collect(validate::validate(identity, &loaded), &mut mistakes)?;
    let mut plan = Plan::default();
    collect(resolve::resolve(identity, &loaded, &mut plan), &mut mistakes)?;
    match collect(last(&loaded, &plan), &mut mistakes)? {
        Some(last) if mistakes.is_empty() => Ok((loaded, plan, last)),
        _ => Err(Error::mistakes(mistakes)),
    }
}

/// Adds the mistakes of a stage. Any other error stops the compilation.
fn collect<T>(stage: Result<T, Error>, mistakes: &mut Vec<Error>) -> Result<Option<T>, Error> {
    match stage {
        Ok(made) => Ok(Some(made)),
        Err(error) if error.is_mistake() => {
            mistakes.push(error);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
