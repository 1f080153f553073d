//! `floe compile`: checks a product and writes its artifacts.

use std::path::PathBuf;

use clap::Args;

use super::arguments::ProductArgs;
use super::observed::{Tree, observed};
use super::output::{print, print_redacted, print_warnings};
use crate::artifacts;
use crate::compile;
use crate::pipeline::RunError;
use crate::telemetry::Written;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    product: ProductArgs,
    /// The file to write: a new one, or earlier artifacts, which are replaced
    /// [default: `.floe/compiled_artifacts.json` in the product's folder]
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
}

pub(super) fn compile(arguments: &Arguments) -> Result<(), RunError> {
    let definition = arguments.product.read()?;
    let default = artifacts::default_path(&definition.identity.folder);
    let output = arguments.output.as_deref().unwrap_or(&default);
    observed(definition.telemetry.clone(), Some(Tree::None), Written::Nothing, || {
        let artifacts = compile::compile(&definition, output)?;
        print_warnings(&artifacts.instrumentation);
        for warning in artifacts.warnings.iter().chain(&artifacts.absent) {
            print_redacted("warning", warning);
        }
        Ok(print(&format_args!("wrote {}\n", output.display()))?)
    })?
    .outcome
}
