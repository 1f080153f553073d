//! `floe compile`: checks a product and writes its artifacts.

use super::arguments::ProductArgs;
use super::observed::{Tree, observed};
use super::output::{print, print_warnings};
use crate::artifacts;
use crate::compile;
use crate::pipeline::RunError;

pub(super) fn compile(product: &ProductArgs) -> Result<(), RunError> {
    let definition = product.read()?;
    let output = artifacts::default_path(&definition.identity.folder);
    observed(definition.telemetry.clone(), Some(Tree::None), || {
        let artifacts = compile::compile(&definition)?;
        print_warnings(&artifacts.instrumentation);
        Ok(print(&format_args!("wrote {}\n", output.display()))?)
    })?
    .outcome
}
