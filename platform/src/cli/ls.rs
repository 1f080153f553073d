//! `floe ls`: the sources and the models of a product, in the order in which they are built.

use std::collections::BTreeSet;
use std::fmt;

use clap::Args;
use floe_plugins::error::Error;

use super::arguments::{ProductArgs, SelectArgs};
use super::columns;
use super::output::print;
use crate::artifacts::{CompiledModel, CompiledSource};
use crate::compile;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    product: ProductArgs,
    #[command(flatten)]
    select: SelectArgs,
}

pub(super) fn ls(arguments: &Arguments) -> Result<(), Error> {
    let (identity, ..) = arguments.product.read()?;
    let (mut sources, mut models) = compile::assets(&identity)?;
    let selected = arguments.select.select().of(&sources, &models)?;
    sources.retain(|it| selected.contains(&*it.name));
    models.retain(|it| selected.contains(&*it.name));
    print(&AssetList(sources, models))
}

struct AssetList(Vec<CompiledSource>, Vec<CompiledModel>);

fn join(names: BTreeSet<&str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}

impl fmt::Display for AssetList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources = self.0.iter().map(|source| {
            [
                source.name.to_string(),
                "source".to_owned(),
                match &source.table {
                    Some(table) => table.to_string(),
                    None => source.location().to_owned(),
                },
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
