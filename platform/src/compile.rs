//! From a product's folder to compiled artifacts, in six stages.
//!
//! | stage | question |
//! |---|---|
//! | load | what is written in the files? |
//! | validate | is each thing in itself well-formed? |
//! | resolve | what needs what, and in which order is it built? |
//! | enforce | does the product keep the platform's rules? |
//! | compile | what exactly will be executed? |
//! | generate | the artifacts, as a file |

mod build;
mod enforce;
mod generate;
mod load;
mod resolve;
mod validate;

use std::path::Path;

use floe_telemetry::traced;

use crate::artifacts::{CompiledArtifacts, VERSION};
use crate::conventions::CompileAttributes;
use crate::error::Error;
use crate::identity::Identity;
use crate::product;

/// Compiles a product and writes its artifacts to `output`.
///
/// # Errors
/// When something in the product is not as it must be, with the place. Nothing is written then.
#[traced(
    name = "floe.compile",
    floe_attributes = CompileAttributes {
        spec_path: product::spec_path(&identity.folder).display(),
        manifest_path: identity.manifest.display(),
        artifacts_version: VERSION,
    }
)]
pub fn compile(identity: &Identity, output: &Path) -> Result<CompiledArtifacts, Error> {
    let loaded = load::load(identity)?;
    validate::validate(identity, &loaded)?;
    let plan = resolve::resolve(identity, &loaded)?;
    let warnings = enforce::enforce(identity, &loaded, &plan)?;
    let (sources, models) = build::compile(&loaded, &plan);
    tracing::info!(sources = sources.len(), models = models.len(), "compiled");
    generate::generate(identity, &loaded, warnings, sources, models, output)
}
