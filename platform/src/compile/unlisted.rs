//! Queries that no model of the product uses.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use floe_plugins::place::Place;

use super::load::Loaded;

/// The warnings about query files in the folder of models, each with its place.
pub(super) fn find(folder: &Path, loaded: &Loaded<'_>) -> Vec<String> {
    if loaded.dbt.is_some() {
        return Vec::new();
    }
    // A folder that cannot be read has no queries; the product's own folder was already read.
    let Ok(files) = fs::read_dir(folder.join("models")) else {
        return Vec::new();
    };
    let mut files: Vec<_> = files
        .filter_map(|file| Some(file.ok()?.path()))
        .filter(|file| file.extension() == Some(OsStr::new("sql")))
        .filter(|file| {
            let mut queries = loaded.queries.values();
            !queries.any(|query| folder.join(&*query.path) == **file)
        })
        .collect();
    files.sort();
    let warnings = files.iter().map(|file| {
        let place = Place::file(file).redacted();
        format!("{place}: no model of floe.yaml uses this file, expected a model of its name")
    });
    warnings.collect()
}
