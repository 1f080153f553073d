//! Stage 1: reads and parses every file of the product.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use floe_plugin::compile::{CompileStage, Stage};
use floe_telemetry::traced;
use serde_saphyr::Location;

use crate::error::{Error, reason};
use crate::identity::Identity;
use crate::manifest::Manifest;
use crate::place::Place;
use crate::product::{self, Product};

/// The contents of the product's files.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) product: Product,
    pub(super) manifest: Manifest,
    /// The SQL of each asset that has a query.
    pub(super) queries: BTreeMap<String, Text>,
}

/// The contents of a file.
#[derive(Debug)]
pub(super) struct Text {
    /// The path of the file in the product's folder.
    pub(super) path: PathBuf,
    pub(super) text: String,
}

#[traced(
    name = "floe.compile.stage1",
    floe_attributes = CompileStage::new(Stage::Load)
)]
pub(super) fn load(identity: &Identity) -> Result<Loaded, Error> {
    let product = Product::read(&identity.folder)?;
    let manifest = Manifest::read(&identity.manifest)?;
    let mut queries = BTreeMap::new();
    for source in &product.sources {
        if let Some(path) = &source.generate {
            let text = query(identity, &path.value, path.referenced)?;
            queries.insert(source.name.value.to_string(), text);
        }
    }
    for model in &product.models {
        let path = Path::new("models").join(format!("{}.sql", model.name.value));
        let text = query(identity, &path, model.name.referenced)?;
        queries.insert(model.name.value.to_string(), text);
    }
    Ok(Loaded {
        product,
        manifest,
        queries,
    })
}

/// Reads a query. An error names the place of `referrer`, the YAML value with the path.
fn query(identity: &Identity, path: &Path, referrer: Location) -> Result<Text, Error> {
    let place = || Place::yaml(&product::spec_path(&identity.folder), referrer);
    let text = fs::read_to_string(identity.folder.join(path)).map_err(|error| {
        Error::input(
            place(),
            format!("cannot read `{}`: {}", path.display(), reason(&error)),
        )
    })?;
    if text.trim().is_empty() {
        let message = format!("`{}` is empty, accepted: one SELECT", path.display());
        return Err(Error::input(place(), message));
    }
    Ok(Text {
        path: path.to_path_buf(),
        text,
    })
}
