//! Stage 4: enforces the rules that the manifest enables, and the order of the layers, and audits the instrumentation
//! of the platform's plugins.

use std::collections::BTreeMap;
use std::path::Path;

use floe_plugin::InstrumentationWarning;
use floe_plugin::compile::{CompileStage, Stage};
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_telemetry::traced;
use floe_yaml::{Position, Spanned};

use super::load::Loaded;
use super::resolve::Plan;
use crate::identity::Identity;
use crate::product::{self, Layer, Model};

#[traced(
    name = "floe.compile.stage4",
    floe_attributes = CompileStage::new(Stage::Enforce)
)]
pub(super) fn enforce(
    identity: &Identity,
    loaded: &Loaded<'_>,
    plan: &Plan,
) -> Result<Vec<InstrumentationWarning>, Error> {
    Error::check(rules(identity, loaded, plan))?;
    // A plugin without instrumentation is a warning: it must not fail the product.
    floe_plugin::audit().map_err(|error| Error::Setting(error.to_string()))
}

/// The violations of the manifest's rules.
fn rules(identity: &Identity, loaded: &Loaded<'_>, plan: &Plan) -> Vec<Error> {
    let file = product::spec_path(&identity.folder);
    let mut mistakes = layers(&file, loaded, plan);
    let rules = &loaded.manifest.governance;
    let product = loaded.product;
    if rules.require_owner && is_blank(product.owner.as_ref()) {
        let mistake = missing(&file, product.name.position, "the product", "owner");
        mistakes.push(mistake);
    }
    if rules.require_descriptions {
        if is_blank(product.description.as_ref()) {
            let mistake = missing(&file, product.name.position, "the product", "description");
            mistakes.push(mistake);
        }
        let sources = product.sources.iter().map(|source| (&source.name, &source.description));
        let models = product.models.iter().map(|model| (&model.name, &model.description));
        for (name, description) in sources.chain(models) {
            if is_blank(description.as_ref()) {
                let subject = format!("`{}`", name.value);
                mistakes.push(missing(&file, name.position, &subject, "description"));
            }
        }
    }
    if let Some(prefix) = &rules.bronze_prefix {
        let models = product.models.iter();
        mistakes.extend(models.filter_map(|model| prefixed(&file, prefix, model)));
    }
    mistakes
}

fn is_blank(text: Option<&String>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

fn missing(file: &Path, location: Position, subject: &str, field: &str) -> Error {
    let message = format!("{subject} has no `{field}`, and the platform's governance requires one");
    Error::input(Place::yaml(file, location), message)
}

fn prefixed(file: &Path, prefix: &str, model: &Model) -> Option<Error> {
    let Spanned { value: name, position, .. } = &model.name;
    if model.layer.value != Layer::Bronze || name.starts_with(prefix) {
        return None;
    }
    let message =
        format!("the bronze model is `{name}`, expected a name that begins with `{prefix}`");
    Some(Error::input(Place::yaml(file, *position), message))
}

/// A model may read models of its own layer and of lower layers: bronze, silver, gold.
fn layers(file: &Path, loaded: &Loaded<'_>, plan: &Plan) -> Vec<Error> {
    let mut mistakes = Vec::new();
    let models = &loaded.product.models;
    let sources = &loaded.product.sources;
    let is_source = |model: &&Model| sources.iter().any(|it| it.name.value == model.name.value);
    let layer_of: BTreeMap<&str, Layer> = models
        .iter()
        // What is both is another mistake.
        .filter(|model| !is_source(model))
        .map(|model| (&*model.name.value, model.layer.value))
        .collect();
    for model in models {
        for need in plan.dependencies.get(&*model.name.value).into_iter().flatten() {
            let Some(&below) = layer_of.get(need.as_str()) else {
                continue;
            };
            if below > model.layer.value {
                let message = format!(
                    "`{}` is {} and reads `{need}`, which is {below}, expected models of its own layer or below",
                    model.name.value, model.layer.value
                );
                mistakes.push(Error::input(Place::yaml(file, model.layer.position), message));
            }
        }
    }
    mistakes
}
