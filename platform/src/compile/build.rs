//! Stage 5: creates the sources and the models of the artifacts, in the order in which a run builds them.

use floe_plugin::compile::{CompileStage, Stage};
use floe_telemetry::traced;

use super::load::Loaded;
use super::resolve::Plan;
use crate::artifacts::{CompiledColumn, CompiledModel, CompiledSource, Query};
use crate::compile::reference;
use crate::product::Column;

#[traced(
    name = "floe.compile.stage5",
    floe_attributes = CompileStage::new(Stage::Compile)
)]
pub(super) fn compile(
    loaded: &Loaded<'_>,
    plan: &Plan,
) -> (Vec<CompiledSource>, Vec<CompiledModel>) {
    let mut sources = Vec::with_capacity(loaded.product.sources.len());
    let mut models = Vec::with_capacity(loaded.product.models.len());
    for name in &plan.order {
        let source = loaded.product.sources.iter().find(|source| *source.name.value == **name);
        sources.extend(source.map(|source| CompiledSource {
            name: source.name.value.clone(),
            path: source.path.value.clone(),
            columns: source.columns.iter().map(column).collect(),
            generate: query(loaded, plan, name),
            ingestion: source.ingestion.clone(),
            checks: source.checks.iter().map(|it| it.value.clone()).collect(),
        }));
        let model = loaded.product.models.iter().find(|model| *model.name.value == **name);
        models.extend(model.zip(query(loaded, plan, name)).map(|(model, query)| CompiledModel {
            name: model.name.value.clone(),
            layer: model.layer.value,
            materialization: model.materialization,
            query,
            checks: model.checks.iter().map(|it| it.value.clone()).collect(),
            exports: model.exports.clone(),
        }));
    }
    (sources, models)
}

fn column(column: &Column) -> CompiledColumn {
    CompiledColumn { name: column.name.value.clone(), kind: column.kind }
}

fn query(loaded: &Loaded<'_>, plan: &Plan, name: &str) -> Option<Query> {
    let text = loaded.queries.get(name)?;
    Some(Query {
        path: text.path.clone(),
        depends_on: plan.dependencies.get(name)?.clone(),
        sql: reference::render(&text.text, plan.references.get(name)?),
    })
}
