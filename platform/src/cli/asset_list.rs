//! `floe ls`: the sources and the models of a product, in the order in which they are built.

use std::fmt;

use crate::artifacts::{CompiledModel, CompiledSource};
use crate::cli::columns;

pub(super) struct AssetList(
    pub(super) Vec<CompiledSource>,
    pub(super) Vec<CompiledModel>,
);

impl fmt::Display for AssetList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources = self.0.iter().map(|source| {
            let needs = source.generate.as_ref().map(|query| &query.depends_on);
            let needs = needs.into_iter().flatten().cloned().collect::<Vec<_>>();
            [
                source.name.to_string(),
                "source".to_owned(),
                match &source.table {
                    Some(table) => table.to_string(),
                    None => source.location().to_owned(),
                },
                needs.join(", "),
            ]
        });
        let models = self.1.iter().map(|model| {
            let needs: Vec<_> = model.query.depends_on.iter().cloned().collect();
            [
                model.name.to_string(),
                format!("{} {}", model.layer, model.materialization),
                model.query.path.display().to_string(),
                needs.join(", "),
            ]
        });
        columns::write(f, ["NAME", "KIND", "FILE", "NEEDS"], sources.chain(models))
    }
}
