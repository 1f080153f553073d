//! Stage 1: reads the queries of the product and `dbt_project.yml`.

use std::collections::BTreeMap;

use floe_plugin::compile::{CompileStage, Stage};
use floe_plugins::error::{Error, reason};
use floe_plugins::files::confine;
use floe_plugins::files::input_file;
use floe_plugins::place::Place;
use floe_telemetry::config::yaml::Position;
use floe_telemetry::traced;

use crate::identity::Identity;
use crate::manifest::Manifest;
use crate::product::{self, DbtProjectFile, Product};
use crate::word::InnerPath;

#[derive(Debug)]
pub(super) struct Loaded<'a> {
    pub(super) product: &'a Product,
    pub(super) manifest: &'a Manifest,
    pub(super) dbt: Option<DbtProjectFile>,
    pub(super) queries: BTreeMap<String, Text>,
}

#[derive(Debug)]
pub(super) struct Text {
    pub(super) path: InnerPath,
    pub(super) text: String,
}

#[traced(
    name = "floe.compile.stage1",
    floe_attributes = CompileStage::new(Stage::Load)
)]
pub(super) fn load<'a>(
    identity: &Identity,
    product: &'a Product,
    manifest: &'a Manifest,
) -> Result<Loaded<'a>, Error> {
    let dbt = DbtProjectFile::read(&identity.folder)?;
    let mut queries = BTreeMap::new();
    for source in &product.sources {
        if let Some(path) = &source.generate {
            let text = query(identity, &path.value, path.position)?;
            queries.insert(source.name.value.to_string(), text);
        }
    }
    for model in &product.models {
        let place = || Place::yaml(&product::spec_path(&identity.folder), model.name.position);
        let path = InnerPath::try_from(format!("models/{}.sql", model.name.value))
            .map_err(|message| Error::input(place(), message))?;
        let text = query(identity, &path, model.name.position)?;
        queries.insert(model.name.value.to_string(), text);
    }
    Ok(Loaded { product, manifest, dbt, queries })
}

/// Reads a query. `referrer` is the place in `floe.yaml` that an error names.
fn query(identity: &Identity, path: &InnerPath, referrer: Position) -> Result<Text, Error> {
    let place = || Place::yaml(&product::spec_path(&identity.folder), referrer);
    confine::check(&identity.folder, path).map_err(|message| Error::input(place(), message))?;
    let text = input_file::read(&identity.folder.join(&**path)).map_err(|error| {
        Error::input(place(), format!("cannot read `{path}`: {}", reason(&error)))
    })?;
    if text.trim().is_empty() {
        let message = format!("`{path}` is empty, expected one SELECT");
        return Err(Error::input(place(), message));
    }
    Ok(Text { path: path.clone(), text })
}
