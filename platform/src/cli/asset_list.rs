//! `floe ls`: the sources and the models of a product, in the order in which they are built.

use std::collections::BTreeSet;
use std::fmt;

use crate::artifacts::{CompiledModel, CompiledSource};
use crate::cli::columns;

pub(super) struct AssetList(
    pub(super) Vec<CompiledSource>,
    pub(super) Vec<CompiledModel>,
);

fn join(names: BTreeSet<&str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}

impl fmt::Display for AssetList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources = self.0.iter().map(|source| {
            [
                source.name.to_string(),
                "source".to_owned(),
                source.path.display().to_string(),
                join(source.needs()),
            ]
        });
        let models = self.1.iter().map(|model| {
            [
                model.name.to_string(),
                format!("{} {}", model.layer, model.materialization),
                model.query.path.display().to_string(),
                join(model.needs()),
            ]
        });
        columns::write(f, ["NAME", "KIND", "FILE", "NEEDS"], sources.chain(models))
    }
}
