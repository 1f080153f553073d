//! Stage 2: validates the product as a whole: names are unique and the data exists.

use std::collections::BTreeMap;
use std::path::Path;

use floe_plugin::compile::{CompileStage, Stage};
use floe_plugins::error::Error;
use floe_plugins::files::confine;
use floe_plugins::place::Place;
use floe_telemetry::traced;
use floe_yaml::{Position, Spanned};

use super::load::Loaded;
use crate::identity::Identity;
use crate::product::{self, Origin, Source};
use crate::word::Identifier;

#[traced(
    name = "floe.compile.stage2",
    floe_attributes = CompileStage::new(Stage::Validate)
)]
pub(super) fn validate(identity: &Identity, loaded: &Loaded) -> Result<(), Error> {
    let file = product::spec_path(&identity.folder);
    let product = &loaded.product;
    let mut mistakes = Vec::new();
    if product.models.is_empty() {
        let message = "`models` is empty, expected at least one model";
        let place = Place::yaml(&file, product.name.position);
        mistakes.push(Error::input(place, message));
    }
    let sources = product.sources.iter().map(|source| &source.name);
    unique(
        &file,
        "asset",
        sources.chain(product.models.iter().map(|model| &model.name)),
        &mut mistakes,
    );
    for source in &product.sources {
        unique(&file, "column", source.columns.iter().map(|column| &column.name), &mut mistakes);
        mistakes.extend(check_origin(identity, &file, source).err());
    }
    let manifest = &loaded.manifest;
    let plugins = manifest.selected_plugins(&identity.manifest, &identity.folder);
    mistakes.extend(plugins.err());
    Error::check(mistakes)
}

fn unique<'a>(
    file: &Path,
    what: &str,
    names: impl Iterator<Item = &'a Spanned<Identifier>>,
    mistakes: &mut Vec<Error>,
) {
    let mut seen: BTreeMap<&str, Position> = BTreeMap::new();
    for name in names {
        if let Some(first) = seen.insert(&name.value, name.position) {
            let message = format!(
                "`{}` is already the name of the {what} at line {}, expected each name once",
                name.value, first.line
            );
            mistakes.push(Error::input(Place::yaml(file, name.position), message));
        }
    }
}

/// Checks what the source reads.
fn check_origin(identity: &Identity, file: &Path, source: &Source) -> Result<(), Error> {
    let wrong = |(position, message)| Error::input(Place::yaml(file, position), message);
    let name = &source.name;
    let origin = source.origin().map_err(wrong)?;
    check_keys(source, origin).map_err(wrong)?;
    match origin {
        Origin::File(_) if source.columns.is_empty() => {
            let message = format!("`columns` of `{}` is empty, expected at least one", name.value);
            Err(wrong((name.position, message)))
        }
        Origin::File(path) => confine::check(&identity.folder, &path.value)
            .map_err(|message| Error::input(Place::yaml(file, path.position), message)),
        // The table was found before, and is read by a run.
        Origin::Table(_) | Origin::Product(_) => Ok(()),
    }
}

/// Checks that no key is for a source that reads something else.
fn check_keys(source: &Source, origin: Origin<'_>) -> Result<(), (Position, String)> {
    let is_file = matches!(origin, Origin::File(_));
    let is_table = matches!(origin, Origin::Table(_));
    let name = &source.name;
    let generate = source.generate.as_ref().map(|it| it.position);
    let ingestion = source.ingestion.as_ref().map(|_| name.position);
    let database = source.database.as_ref().map(|it| it.position);
    for (key, needed, is_right, position) in [
        ("generate", "path", is_file, generate),
        ("ingestion", "path", is_file, ingestion),
        ("database", "table", is_table, database),
    ] {
        if let Some(position) = position.filter(|_| !is_right) {
            let name = &name.value;
            let message = format!("`{key}` is for a source with `{needed}`, which `{name}` is not");
            return Err((position, message));
        }
    }
    Ok(())
}
