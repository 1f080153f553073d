//! Stage 3: resolves the references of the queries and orders the assets by their dependencies.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

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

/// The references of every query, and the resulting order of the assets.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) references: BTreeMap<String, Vec<Reference>>,
    pub(super) dependencies: Dependencies,
    pub(super) order: Vec<String>,
}

/// `plan` contains the valid references.
#[traced(
    name = "floe.compile.stage3",
    floe_attributes = CompileStage::new(Stage::Resolve)
)]
pub(super) fn resolve(
    identity: &Identity,
    loaded: &Loaded<'_>,
    plan: &mut Plan,
) -> Result<(), Error> {
    let sources: BTreeSet<&str> =
        loaded.product.sources.iter().map(|source| &*source.name.value).collect();
    let models: BTreeSet<&str> =
        loaded.product.models.iter().map(|model| &*model.name.value).collect();
    let mut mistakes = Vec::new();
    plan.dependencies =
        sources.union(&models).map(|name| ((*name).to_owned(), BTreeSet::new())).collect();
    let known = Assets { sources, models };
    for (asset, query) in &loaded.queries {
        let file = identity.folder.join(&*query.path);
        // Sources are loaded before any model is built.
        let is_source = known.is_source(asset);
        let found = known.references(&file, &query.text, is_source, &mut mistakes);
        let needs = found.iter().map(|reference| reference.name.clone());
        plan.dependencies.insert(asset.clone(), needs.collect());
        plan.references.insert(asset.clone(), found);
    }
    let mut rest = plan.dependencies.clone();
    plan.order = loop {
        match graph::order(&rest) {
            Ok(order) => break order,
            Err(cycle) => {
                mistakes.push(cyclic(identity, loaded, &cycle));
                // The other cycles are those without its assets.
                rest.retain(|name, _| !cycle.contains(name));
                for needs in rest.values_mut() {
                    needs.retain(|name| !cycle.contains(name));
                }
            }
        }
    };
    Error::check(mistakes)
}

/// The names of the assets.
struct Assets<'a> {
    sources: BTreeSet<&'a str>,
    models: BTreeSet<&'a str>,
}

impl Assets<'_> {
    fn is_source(&self, name: &str) -> bool {
        self.sources.contains(name) && !self.models.contains(name)
    }

    /// The references of a query to existing assets. The query of a source may read only sources.
    fn references(
        &self,
        file: &Path,
        text: &str,
        is_source: bool,
        mistakes: &mut Vec<Error>,
    ) -> Vec<Reference> {
        let mut found = reference::find(file, text, mistakes);
        found.retain(|reference| {
            let (known, others) = match reference.target {
                Target::Source => (&self.sources, &self.models),
                Target::Model => (&self.models, &self.sources),
            };
            if mistakes.len() >= Error::MAX_MISTAKES {
                return false;
            }
            let name = &*reference.name;
            let mistake = if !known.contains(name) {
                dangling(reference, known, others)
            } else if is_source && reference.target == Target::Model {
                format!(
                    "the query of a source reads the model `{name}`, expected only {{{{ source('…') }}}}"
                )
            } else {
                return true;
            };
            let place = Place::offset(file, text, reference.range.start);
            mistakes.push(Error::input(place, mistake));
            false
        });
        found
    }
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
        "" if known.is_empty() => format!("{missing}, and no other"),
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
    let place = name.map_or(Place::file(&file), |name| Place::yaml(&file, name.position));
    Error::input(place, message)
}
