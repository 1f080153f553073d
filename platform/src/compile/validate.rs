//! Stage 2: checks that names are unique, that paths stay inside the product's folder, and that plugins can be used.

use std::collections::BTreeMap;
use std::path::Path;

use floe_plugin::PluginType;
use floe_plugin::compile::{CompileStage, Stage};
use floe_plugins::error::Error;
use floe_plugins::files::confine;
use floe_plugins::place::Place;
use floe_telemetry::config::yaml::{Position, Spanned};
use floe_telemetry::traced;

use super::load::Loaded;
use crate::identity::Identity;
use crate::product::{self, Source};
use crate::word::Identifier;

#[traced(
    name = "floe.compile.stage2",
    floe_attributes = CompileStage::new(Stage::Validate)
)]
pub(super) fn validate(identity: &Identity, loaded: &Loaded<'_>) -> Result<(), Error> {
    let file = product::spec_path(&identity.folder);
    let product = loaded.product;
    let has_assets = !product.models.is_empty() || !product.sources.is_empty();
    if loaded.dbt.is_some() && has_assets {
        let message = "expected neither `models` nor `sources`: the dbt project has them";
        return Err(Error::input(Place::yaml(&file, product.name.position), message));
    }
    if product.models.is_empty() && loaded.dbt.is_none() {
        let message = "`models` is empty, expected at least one model";
        return Err(Error::input(Place::yaml(&file, product.name.position), message));
    }
    let sources = product.sources.iter().map(|source| &source.name);
    unique(&file, "asset", sources.chain(product.models.iter().map(|model| &model.name)))?;
    for source in &product.sources {
        unique(&file, "column", source.columns.iter().map(|column| &column.name))?;
        check_file(identity, &file, source)?;
    }
    let plugins = loaded.manifest.selected_plugins(&identity.manifest, &identity.folder)?;
    if loaded.dbt.is_some() && !plugins.iter().any(|it| it.kind == PluginType::Dbt) {
        let message = "the product is a dbt project, expected a plugin `dbt`, for example `dbt: { type: core }`";
        return Err(Error::input(Place::file(&identity.manifest), message));
    }
    Ok(())
}

fn unique<'a>(
    file: &Path,
    what: &str,
    names: impl Iterator<Item = &'a Spanned<Identifier>>,
) -> Result<(), Error> {
    let mut seen: BTreeMap<&str, Position> = BTreeMap::new();
    for name in names {
        if let Some(first) = seen.insert(&name.value, name.position) {
            let message = format!(
                "`{}` is already the name of the {what} at line {}, expected each name once",
                name.value, first.line
            );
            return Err(Error::input(Place::yaml(file, name.position), message));
        }
    }
    Ok(())
}

fn check_file(identity: &Identity, file: &Path, source: &Source) -> Result<(), Error> {
    let Source { name, path, columns, .. } = source;
    if columns.is_empty() {
        let message = format!("`columns` of `{}` is empty, expected a column", name.value);
        return Err(Error::input(Place::yaml(file, name.position), message));
    }
    confine::check(&identity.folder, &path.value)
        .map_err(|message| Error::input(Place::yaml(file, path.position), message))
}
