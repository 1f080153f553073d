//! Stage 3: resolves the references of the queries and orders the assets by their dependencies.

use std::collections::{BTreeMap, BTreeSet};

use floe_plugin::compile::{CompileStage, Stage};
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_telemetry::config::suggest::{did_you_mean, nearest};
use floe_telemetry::traced;

use super::load::Loaded;
use crate::compile::graph::{self, Dependencies};
use crate::compile::reference::{self, Reference, Target};
use crate::identity::Identity;
use crate::product;

#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) references: BTreeMap<String, Vec<Reference>>,
    pub(super) dependencies: Dependencies,
    pub(super) order: Vec<String>,
}

#[traced(
    name = "floe.compile.stage3",
    floe_attributes = CompileStage::new(Stage::Resolve)
)]
pub(super) fn resolve(identity: &Identity, loaded: &Loaded<'_>) -> Result<Plan, Error> {
    let product = loaded.product;
    let sources: BTreeSet<&str> = product.sources.iter().map(|it| &*it.name.value).collect();
    let models: BTreeSet<&str> = product.models.iter().map(|it| &*it.name.value).collect();
    let dependencies =
        sources.union(&models).map(|name| ((*name).to_owned(), BTreeSet::new())).collect();
    let mut plan = Plan { dependencies, ..Plan::default() };
    for (asset, query) in &loaded.queries {
        let file = identity.folder.join(&*query.path);
        let found = reference::find(&file, &query.text)?;
        for reference in &found {
            let (known, others) = match reference.target {
                Target::Source => (&sources, &models),
                Target::Model => (&models, &sources),
            };
            let name = &*reference.name;
            // The query of a source cannot read a model, because sources are loaded before any model is built.
            let is_source = sources.contains(&**asset);
            let mistake = if is_source && models.contains(name) {
                format!(
                    "`{name}` is a model, but the query of a source can read only sources: expected {{{{ source('…') }}}} with the name of a source"
                )
            } else if !known.contains(name) {
                dangling(reference, known, others)
            } else {
                continue;
            };
            let place = Place::offset(&file, &query.text, reference.range.start);
            return Err(Error::input(place, mistake));
        }
        let needs = found.iter().map(|reference| reference.name.clone());
        plan.dependencies.insert(asset.clone(), needs.collect());
        plan.references.insert(asset.clone(), found);
    }
    plan.order =
        graph::order(&plan.dependencies).map_err(|cycle| cyclic(identity, loaded, &cycle))?;
    Ok(plan)
}

fn dangling(reference: &Reference, known: &BTreeSet<&str>, others: &BTreeSet<&str>) -> String {
    let (what, other) = match reference.target {
        Target::Model => ("model", "source"),
        Target::Source => ("source", "ref"),
    };
    let name = reference.name.as_str();
    let missing = format!("there is no {what} `{name}`");
    if others.contains(name) {
        return format!("{missing}, expected {{{{ {other}('{name}') }}}}");
    }
    let known: Vec<&str> = known.iter().copied().collect();
    match &*did_you_mean(nearest(name, &known)) {
        "" if known.is_empty() => format!("{missing}, and the product has no {what}"),
        "" => format!("{missing}, expected {}", known.join(", ")),
        suggestion => format!("{missing}{suggestion}"),
    }
}

fn cyclic(identity: &Identity, loaded: &Loaded<'_>, cycle: &[String]) -> Error {
    let first = cycle.first().map(String::as_str).unwrap_or_default();
    let message = format!(
        "`{first}` depends on itself: {}, expected dependencies without a cycle",
        cycle.join(" -> ")
    );
    let file = product::spec_path(&identity.folder);
    let models = loaded.product.models.iter().map(|model| &model.name);
    let mut names = models.chain(loaded.product.sources.iter().map(|source| &source.name));
    let name = names.find(|name| &*name.value == first);
    Error::input(Place::yaml(&file, name.map(|name| name.position)), message)
}
