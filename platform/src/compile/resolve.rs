//! Stage 3: resolves the references of the queries and orders the assets by their dependencies.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use floe_plugin::compile::{CompileStage, Stage};
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_telemetry::traced;

use super::load::{Loaded, Text};
use crate::compile::graph::{self, Dependencies};
use crate::compile::reference::{self, Reference, Target};
use crate::identity::Identity;
use crate::product;

/// The references of every query, and the order of the assets that follows from them.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) references: BTreeMap<String, Vec<Reference>>,
    pub(super) dependencies: Dependencies,
    pub(super) order: Vec<String>,
}

#[traced(
    name = "floe.compile.stage3",
    floe_attributes = CompileStage::new(Stage::Resolve)
)]
pub(super) fn resolve(identity: &Identity, loaded: &Loaded) -> Result<Plan, Error> {
    let sources: BTreeSet<&str> = loaded
        .product
        .sources
        .iter()
        .map(|source| &*source.name.value)
        .collect();
    let models: BTreeSet<&str> = loaded
        .product
        .models
        .iter()
        .map(|model| &*model.name.value)
        .collect();
    let mut references = BTreeMap::new();
    let mut dependencies: Dependencies = sources
        .union(&models)
        .map(|name| ((*name).to_owned(), BTreeSet::new()))
        .collect();
    for (asset, query) in &loaded.queries {
        let file = identity.folder.join(&*query.path);
        let found = reference::find(&file, &query.text)?;
        for reference in &found {
            let known = match reference.target {
                Target::Source => &sources,
                // Sources are loaded before any model is built.
                Target::Model if sources.contains(asset.as_str()) => {
                    return Err(source_reads_model(&file, query, reference));
                }
                Target::Model => &models,
            };
            if !known.contains(reference.name.as_str()) {
                return Err(dangling(&file, query, reference, known));
            }
        }
        let needs = found
            .iter()
            .map(|reference| reference.name.clone())
            .collect();
        dependencies.insert(asset.clone(), needs);
        references.insert(asset.clone(), found);
    }
    let order = graph::order(&dependencies).map_err(|cycle| cyclic(identity, loaded, &cycle))?;
    Ok(Plan {
        references,
        dependencies,
        order,
    })
}

fn dangling(file: &Path, query: &Text, reference: &Reference, known: &BTreeSet<&str>) -> Error {
    let what = match reference.target {
        Target::Model => "model",
        Target::Source => "source",
    };
    let known = known.iter().copied().collect::<Vec<_>>().join(", ");
    let message = format!("there is no {what} `{}`, expected {known}", reference.name);
    Error::input(
        Place::offset(file, &query.text, reference.range.start),
        message,
    )
}

fn source_reads_model(file: &Path, query: &Text, reference: &Reference) -> Error {
    let message = format!(
        "the query of a source reads the model `{}`, expected only {{{{ source('…') }}}}",
        reference.name
    );
    Error::input(
        Place::offset(file, &query.text, reference.range.start),
        message,
    )
}

fn cyclic(identity: &Identity, loaded: &Loaded, cycle: &[String]) -> Error {
    let first = cycle.first().map(String::as_str).unwrap_or_default();
    let message = format!(
        "`{first}` depends on itself: {}, expected dependencies without a cycle",
        cycle.join(" -> ")
    );
    let models = loaded.product.models.iter().map(|model| &model.name);
    let mut names = models.chain(loaded.product.sources.iter().map(|source| &source.name));
    let name = names.find(|name| &*name.value == first);
    let file = product::spec_path(&identity.folder);
    let place = name.map_or(Place::file(&file), |name| Place::yaml(&file, name.position));
    Error::input(place, message)
}
