//! The last step of a run: its gold tables are stored as objects, and registered where others find them.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use floe_plugin::catalog::{NewTable, TableCatalog};
use floe_plugin::ingestion::{Export, IngestionEngine};
use floe_plugin::semantic::SemanticLayer;
use floe_plugin::storage::ObjectStore;
use floe_plugin::table::{Column, ColumnType};
use floe_plugins::error::Error;
use floe_plugins::files::atomic::{self, Access, Draft, GENERATED};
use floe_plugins::files::confine;
use floe_plugins::sql::quoted_name;
use floe_telemetry::traced;

use super::generate;
use super::report::{Count, Report};
use super::run::{Run, TRACER_NAME};
use crate::artifacts::CompiledModel;
use crate::product::{Layer, OUTPUT_FOLDER};

/// Publishes the gold tables that the run has built. The semantic layer gets all that exist, since it gets a product as
/// a whole.
#[traced(name = "floe.publish", tracer = TRACER_NAME)]
pub(super) fn publish(run: &Run<'_>, report: &mut Report) -> Result<(), Error> {
    let started = Instant::now();
    let namespace = run.identity.namespace.as_str();
    let catalog = run.plugins.one::<dyn TableCatalog>();
    if let Some(catalog) = &catalog {
        run.plugins
            .tolerate(catalog, catalog.create_namespace(namespace))?;
    }
    let has_layer = run.plugins.one::<dyn SemanticLayer>().is_some();
    let is_described = catalog.is_some() || has_layer;
    let mut described = HashMap::new();
    let models = run.artifacts.models.iter();
    let mut missing = BTreeSet::new();
    let mut stored = 0;
    for model in models.filter(|model| model.layer == Layer::Gold) {
        let is_built = report.is_built(&model.name);
        if !is_built && !run.has_table(&model.name)? {
            missing.insert(&*model.name);
            continue;
        }
        let location = if is_built { store(model, run)? } else { None };
        stored += usize::from(location.is_some());
        if is_described {
            let found = run.warehouse.borrow_mut().describe(&model.name);
            described.insert(&*model.name, found.map_err(Error::from_plugin)?);
        }
        if let Some(catalog) = catalog.as_ref().filter(|_| is_built) {
            let columns = columns(&model.name, &described);
            let table = NewTable {
                namespace,
                name: &model.name,
                location: location.as_deref(),
                columns: &columns,
            };
            let created = catalog.create_table(&table);
            if run.plugins.tolerate(catalog, created)? == Some(true) {
                tracing::info!(
                    table = table.name,
                    "registered in the catalog, without rows"
                );
            }
        }
    }
    if let Some(store) = run.plugins.one::<dyn ObjectStore>().filter(|_| stored > 0) {
        let uri = format!("{}/{}", store.plugin().warehouse_uri(), prefix(run));
        let folder = uri.strip_prefix("file://").unwrap_or(&uri);
        report.objects = Some(format!("{folder} ({})", Count(stored, "CSV file")));
    }
    describe(run, &missing, &described)?;
    report.end_stage("publish", started.elapsed());
    Ok(())
}

/// Gives the semantic layer the gold tables that exist, and removes what an earlier one has written.
fn describe(
    run: &Run<'_>,
    missing: &BTreeSet<&str>,
    described: &HashMap<&str, Vec<(String, ColumnType)>>,
) -> Result<(), Error> {
    let layer = run.plugins.one::<dyn SemanticLayer>();
    let inner = Path::new(OUTPUT_FOLDER).join("semantic");
    let folder = run.folder().join(&inner);
    let Some(layer) = layer else {
        return atomic::remove_generated(&folder, "yml", GENERATED, |_| true);
    };
    confine::check_folder(run.folder(), &inner)?;
    let mut product = run.artifacts.product();
    product.models.retain(|model| !missing.contains(model.name));
    for model in &mut product.models {
        model.columns = columns(model.name, described);
    }
    run.plugins
        .tolerate(&layer, layer.sync(&product, &folder))?;
    Ok(())
}

/// The columns of a table, if it was described.
fn columns<'a>(
    table: &str,
    described: &'a HashMap<&str, Vec<(String, ColumnType)>>,
) -> Vec<Column<'a>> {
    let columns = described.get(table).into_iter().flatten();
    columns
        .map(|(name, kind)| Column { name, kind: *kind })
        .collect()
}

/// Stores a table as an object, and writes it to the external systems that the model names. Returns the URI of
/// the object.
fn store(model: &CompiledModel, run: &Run<'_>) -> Result<Option<String>, Error> {
    let store = run.plugins.one::<dyn ObjectStore>();
    if store.is_none() && model.exports.is_empty() {
        return Ok(None);
    }
    let target = run.folder().join(OUTPUT_FOLDER).join("export.csv");
    let draft = Draft::new(&target, Access::Private)?;
    let sql = format!("SELECT * FROM {}", quoted_name(&model.name));
    let file = File::options().write(true).open(draft.path());
    let mut output = BufWriter::new(file.map_err(Error::io("write", &target))?);
    generate::copy(&mut run.warehouse.borrow_mut(), &sql, &mut output)
        .map_err(Error::from_plugin)?;
    output.flush().map_err(Error::io("write", &target))?;
    for export in &model.exports {
        let tool = run.plugins.named::<dyn IngestionEngine>(&export.plugin)?;
        let written = tool.write(&Export {
            table: &model.name,
            sink_type: &export.sink_type,
            destination: &export.destination,
            file: draft.path(),
        });
        run.plugins.tolerate(&tool, written)?;
    }
    let Some(store) = store else {
        return Ok(None);
    };
    let key = format!("{}/{}.csv", prefix(run), model.name);
    let stored = store.put_object(&key, draft.path());
    let stored = run.plugins.tolerate(&store, stored)?;
    Ok(stored.map(|_| format!("{}/{key}", store.plugin().warehouse_uri())))
}

/// What the keys of the product's objects begin with.
fn prefix(run: &Run<'_>) -> String {
    format!("{}/{}", run.identity.namespace, run.identity.name)
}
