//! The parsers of the files of a product and a platform, for `fuzz/platform_targets.rs`.

use std::path::Path;

use floe_plugins::error::Error;

use crate::artifacts::CompiledArtifacts;
use crate::compile::reference;
use crate::manifest::Manifest;
use crate::product::Product;
use floe_plugins::files::yaml;

/// Parses `manifest.yaml`.
///
/// # Errors
/// The text is not valid.
pub fn manifest(text: &str) -> Result<Manifest, Error> {
    Manifest::parse(Path::new("manifest.yaml"), text)
}

/// Parses `floe.yaml`.
///
/// # Errors
/// The text is not valid.
pub fn product(text: &str) -> Result<Product, Error> {
    yaml::parse(Path::new("floe.yaml"), text)
}

/// Parses compiled artifacts.
///
/// # Errors
/// The text is not valid.
pub fn artifacts(text: &str) -> Result<CompiledArtifacts, Error> {
    CompiledArtifacts::parse(Path::new("compiled_artifacts.json"), text)
}

/// Returns the names in the references of a query, and the query with table names instead of the references.
///
/// # Errors
/// A reference is not valid.
pub fn query(sql: &str) -> Result<(Vec<String>, String), Error> {
    let references = reference::find(Path::new("model.sql"), sql)?;
    let rendered = reference::render(sql, &references);
    let names = references.into_iter().map(|reference| reference.name);
    Ok((names.collect(), rendered))
}
