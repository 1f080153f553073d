//! The last step of a run: stores the gold tables as objects, and passes them to the catalog and the semantic layer.

use std::collections::HashMap;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use floe_plugin::Error as PluginError;
use floe_plugin::catalog::{StoredTable, TableCatalog};
use floe_plugin::ingestion::{Export, IngestionEngine};
use floe_plugin::semantic::SemanticLayer;
use floe_plugin::storage::ObjectStore;
use floe_plugin::table::{Column, ColumnType, RowSink, Value};
use floe_plugins::error::Error;
use floe_plugins::files::atomic;
use floe_plugins::files::confine;
use floe_plugins::sql::quoted_name;
use floe_telemetry::traced;
use tempfile::NamedTempFile;

use super::report::Report;
use super::run::{Run, TRACER_NAME, Tables};
use super::source;
use crate::artifacts::CompiledModel;
use crate::product::{Layer, OUTPUT_FOLDER};
use crate::text::Count;

#[traced(name = "floe.publish", tracer = TRACER_NAME)]
pub(super) fn publish(
    run: &Run<'_>,
    tables: &mut Tables,
    report: &mut Report,
) -> Result<(), Error> {
    let started = Instant::now();
    let models = run.artifacts.models.iter();
    let mut stored = Vec::new();
    for model in models.filter(|model| model.layer == Layer::Gold) {
        if let Some(location) = store(model, run, tables)? {
            stored.push((&*model.name, location));
        }
    }
    register(run, &stored)?;
    if let Some(store) = run.plugins.one::<dyn ObjectStore>().filter(|_| !stored.is_empty()) {
        let uri = format!("{}/{}", store.plugin().warehouse_uri(), prefix(run));
        let folder = uri.strip_prefix("file://").unwrap_or(&uri);
        report.objects = Some(format!("{folder} ({})", Count(stored.len(), "CSV file")));
    }
    describe(run, tables)?;
    report.end_stage("publish", started.elapsed());
    Ok(())
}

/// Registers the stored tables, each with the URI of its object. A table without an object is not registered, because
/// other programs could not read its rows.
fn register(run: &Run<'_>, stored: &[(&str, String)]) -> Result<(), Error> {
    let catalog = run.plugins.one::<dyn TableCatalog>();
    let Some(catalog) = catalog.filter(|_| !stored.is_empty()) else {
        return Ok(());
    };
    let namespace = run.identity.namespace.as_str();
    run.plugins.tolerate(&catalog, catalog.create_namespace(namespace))?;
    for (name, location) in stored {
        let created = catalog.create_table(&StoredTable { namespace, name, location });
        run.plugins.tolerate(&catalog, created)?;
    }
    Ok(())
}

/// Passes the gold tables to the semantic layer. Without one, removes the files that an earlier run generated.
fn describe(run: &Run<'_>, tables: &mut Tables) -> Result<(), Error> {
    let layer = run.plugins.one::<dyn SemanticLayer>();
    let inner = Path::new(OUTPUT_FOLDER).join("semantic");
    let folder = run.folder().join(&inner);
    let Some(layer) = layer else {
        return atomic::remove_generated(&folder, "yml", |_| true);
    };
    confine::check_folder(run.folder(), &inner)?;
    let mut described = HashMap::new();
    for model in run.artifacts.models.iter().filter(|model| model.layer == Layer::Gold) {
        let mut columns = Columns(Vec::new());
        let sql = select_all(&model.name);
        tables.session.query(&sql, &mut columns).map_err(Error::from_plugin)?;
        described.insert(&*model.name, columns.0);
    }
    let mut product = run.artifacts.product();
    for model in &mut product.models {
        let columns = described.get(model.name).into_iter().flatten();
        model.columns = columns
            .map(|(name, kind)| Column { name, kind: kind.unwrap_or(ColumnType::Text) })
            .collect();
    }
    run.plugins.tolerate(&layer, layer.sync(&product, &folder))?;
    Ok(())
}

fn select_all(table: &str) -> String {
    format!("SELECT * FROM {}", quoted_name(table))
}

/// The columns of a table, with the types of their values: `Text` for a column of several types, or without a value.
struct Columns(Vec<(String, Option<ColumnType>)>);

impl RowSink for Columns {
    fn columns(&mut self, names: &[&str]) -> Result<(), PluginError> {
        self.0 = names.iter().map(|name| ((*name).to_owned(), None)).collect();
        Ok(())
    }

    fn row(&mut self, values: &[Value<'_>]) -> Result<(), PluginError> {
        use ColumnType::{Integer, Real, Text};

        for ((_, kind), value) in self.0.iter_mut().zip(values) {
            *kind = match (value, *kind) {
                (Value::Null, kind) => kind,
                (Value::Integer(_), None | Some(Integer)) => Some(Integer),
                (Value::Integer(_) | Value::Real(_), None | Some(Integer | Real)) => Some(Real),
                _ => Some(Text),
            };
        }
        Ok(())
    }
}

/// Stores a table as an object, and writes it to the external systems of the model. Returns the URI of the object.
fn store(
    model: &CompiledModel,
    run: &Run<'_>,
    tables: &mut Tables,
) -> Result<Option<String>, Error> {
    let store = run.plugins.one::<dyn ObjectStore>();
    if store.is_none() && model.exports.is_empty() {
        return Ok(None);
    }
    let folder = run.folder().join(OUTPUT_FOLDER);
    let file = NamedTempFile::new_in(&folder).map_err(Error::io("write", &folder))?;
    let sql = select_all(&model.name);
    let mut output = BufWriter::new(&file);
    source::copy(&mut tables.session, &sql, &mut output).map_err(Error::from_plugin)?;
    output.flush().map_err(Error::io("write", file.path()))?;
    for export in &model.exports {
        let tool = run.plugins.find::<dyn IngestionEngine>(&export.plugin)?;
        let written = tool.write(&Export {
            table: &model.name,
            sink_type: &export.sink_type,
            destination: &export.destination,
            file: file.path(),
        });
        run.plugins.tolerate(&tool, written)?;
    }
    let Some(store) = store else {
        return Ok(None);
    };
    let key = format!("{}/{}.csv", prefix(run), model.name);
    let stored = run.plugins.tolerate(&store, store.put_object(&key, file.path()))?;
    Ok(stored.map(|_| format!("{}/{key}", store.plugin().warehouse_uri())))
}

fn prefix(run: &Run<'_>) -> String {
    format!("{}/{}", run.identity.namespace, run.identity.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_a_column_determine_its_type() {
        use ColumnType::{Integer, Real, Text};
        use Value::{Integer as I, Null, Real as R, Text as T};

        for (values, kind) in [
            (vec![I(1), Null, I(2)], Some(Integer)),
            (vec![I(1), R(0.5), I(2)], Some(Real)),
            (vec![R(0.5)], Some(Real)),
            (vec![T("a"), I(1)], Some(Text)),
            (vec![I(1), T("a"), R(0.5)], Some(Text)),
            (vec![Null], None),
        ] {
            let mut columns = Columns(Vec::new());
            columns.columns(&["it"]).unwrap();
            for value in &values {
                columns.row(&[*value]).unwrap();
            }
            assert_eq!(columns.0[0].1, kind, "{values:?}");
        }
    }
}
