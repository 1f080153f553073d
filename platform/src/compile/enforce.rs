//! Stage 4: enforces the order of the layers, and audits the instrumentation of the program's plugins.

use std::collections::BTreeMap;
use std::path::Path;

use floe_plugin::InstrumentationWarning;
use floe_plugin::compile::{CompileStage, Stage};
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_telemetry::traced;

use super::load::Loaded;
use super::resolve::Plan;
use crate::identity::Identity;
use crate::product::{self, Layer};

#[traced(
    name = "floe.compile.stage4",
    floe_attributes = CompileStage::new(Stage::Enforce)
)]
pub(super) fn enforce(
    identity: &Identity,
    loaded: &Loaded<'_>,
    plan: &Plan,
) -> Result<Vec<InstrumentationWarning>, Error> {
    layers(&product::spec_path(&identity.folder), loaded, plan)?;
    // A plugin without instrumentation is only a warning, because it must not fail the product.
    floe_plugin::audit().map_err(|error| Error::Setting(error.to_string()))
}

/// Checks that each model reads only models of its own layer and of lower layers: bronze, silver, gold.
fn layers(file: &Path, loaded: &Loaded<'_>, plan: &Plan) -> Result<(), Error> {
    let models = &loaded.product.models;
    let layer_of: BTreeMap<&str, Layer> =
        models.iter().map(|model| (&*model.name.value, model.layer.value)).collect();
    for model in models {
        for need in plan.dependencies.get(&*model.name.value).into_iter().flatten() {
            let Some(&below) = layer_of.get(need.as_str()) else {
                continue;
            };
            if below > model.layer.value {
                let message = format!(
                    "`{}` is {}, but reads `{need}`, which is {below}: expected only models of its own layer or below",
                    model.name.value, model.layer.value
                );
                return Err(Error::input(Place::yaml(file, model.layer.position), message));
            }
        }
    }
    Ok(())
}
