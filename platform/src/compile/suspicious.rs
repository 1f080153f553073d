//! Valid but suspicious parts of a product: queries that no model reads, and credentials in queries.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use floe_plugin::PluginType;
use floe_plugins::place::Place;
use floe_telemetry::sanitize_credentials;

use super::load::Loaded;
use crate::identity::Identity;

/// The consequence of a credential in the product.
const NOT_WRITTEN: &str =
    "which is not written into the artifacts: the product runs with `floe run`, and not in Dagster";

/// The warnings, each with its place.
pub(super) fn find(identity: &Identity, loaded: &Loaded<'_>) -> Vec<String> {
    let mut warnings = unlisted(&identity.folder, loaded);
    warnings.extend(without_effect(identity, loaded));
    for query in loaded.queries.values() {
        let file = identity.folder.join(&*query.path);
        if let Some(offset) = credential(&query.text) {
            let place = Place::offset(&file, &query.text, offset).redacted();
            warnings.push(format!("{place}: this looks like a credential, {NOT_WRITTEN}"));
        }
    }
    warnings
}

/// The selected plugins for tables, which have no effect on a dbt project.
fn without_effect(identity: &Identity, loaded: &Loaded<'_>) -> Option<String> {
    const OF_TABLES: [PluginType; 5] = [
        PluginType::Catalog,
        PluginType::Ingestion,
        PluginType::Quality,
        PluginType::SemanticLayer,
        PluginType::Storage,
    ];
    loaded.dbt.as_ref()?;
    let selected = loaded.manifest.plugins.selected(&identity.manifest).ok()?;
    let selected = selected.iter().filter(|it| OF_TABLES.contains(&it.kind));
    let names: Vec<String> = selected.map(|it| format!("{} `{}`", it.kind, it.name)).collect();
    let place = Place::file(&identity.manifest).redacted();
    let names = names.join(", ");
    (!names.is_empty()).then(|| {
        format!("{place}: dbt checks and keeps the tables of a dbt project, so these plugins have no effect: {names}")
    })
}

/// The query files in the folder of models that no model has.
fn unlisted(folder: &Path, loaded: &Loaded<'_>) -> Vec<String> {
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

/// The offset of the first credential, or of the text if the redaction finds one only in the whole text.
fn credential(text: &str) -> Option<usize> {
    if *sanitize_credentials(text) == *text {
        return None;
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let safe = sanitize_credentials(line);
        if *safe != *line {
            let both = line.char_indices().zip(safe.chars());
            let mut changed = both.filter(|((_, one), other)| one != other);
            return Some(start + changed.next().map_or(0, |((at, _), _)| at));
        }
        start += line.len();
    }
    Some(0)
}
