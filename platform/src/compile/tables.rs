//! The tables that sources read, of databases and of other products: where they are, as far as files of products and
//! manifests tell. Whether a table exists is known when it is read.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use floe_plugin::compute::{ComputeEngine, Server};
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_yaml::{Position, Spanned};

use crate::artifacts::{SourceProduct, SourceTable};
use crate::identity::Identity;
use crate::manifest::Manifest;
use crate::plugins::active::Active;
use crate::product::{self, OUTPUT_FOLDER, Origin, Product, Source, warehouse_path};
use crate::word::{OuterPath, TableName};

/// The place of a mistake in the specification, and the mistake.
type Mistake = (Position, String);

/// The tables by the names of their sources, without those that are wrong.
pub(super) fn find(
    identity: &Identity,
    product: &Product,
    manifest: &Manifest,
    mistakes: &mut Vec<Error>,
) -> BTreeMap<String, SourceTable> {
    let mut found = BTreeMap::new();
    let file = product::spec_path(&identity.folder);
    let is_table = |source: &&Source| !matches!(source.origin(), Ok(Origin::File(_)) | Err(_));
    let mut sources = product.sources.iter().filter(is_table).peekable();
    if sources.peek().is_none() {
        return found;
    }
    // The next stage reports what is wrong with the manifest.
    let Ok(engine) = Engine::of(identity, manifest) else {
        return found;
    };
    for source in sources {
        let table = match source.origin() {
            Ok(Origin::Product(path)) => of_product(source, path, identity, &engine),
            Ok(Origin::Table(table)) => of_database(source, table, identity, &engine),
            Ok(Origin::File(_)) | Err(_) => continue,
        };
        match table {
            Ok(table) => {
                found.insert(source.name.value.to_string(), table);
            }
            Err((position, message)) => {
                mistakes.push(Error::input(Place::yaml(&file, position), message));
            }
        }
    }
    found
}

/// What is known of an engine before it is started.
struct Engine {
    name: &'static str,
    server: Option<Server>,
}

impl Engine {
    fn of(identity: &Identity, manifest: &Manifest) -> Result<Self, Error> {
        let plugins = Active::engine(identity, manifest)?;
        let engine = plugins.required::<dyn ComputeEngine>()?;
        Ok(Self { name: engine.name(), server: engine.plugin().server() })
    }

    /// The schema with the tables of another product that this engine can read; `None` if they are in a file.
    fn schema_of(&self, other: &Self) -> Result<Option<String>, String> {
        if self.name != other.name {
            return Err(format!(
                "is built by the engine `{}`, expected `{}`, which builds this product",
                other.name, self.name
            ));
        }
        let Some((own, server)) = self.server.as_ref().zip(other.server.as_ref()) else {
            return Ok(None);
        };
        if (&own.namespace, &own.database) != (&server.namespace, &server.database) {
            return Err(format!(
                "is in the database {} of {}, expected {} of {}, as this product",
                server.database, server.namespace, own.database, own.namespace
            ));
        }
        if own.schema == server.schema {
            return Err(format!(
                "has the schema `{}`, as this product, expected one of its own",
                own.schema
            ));
        }
        Ok(Some(server.schema.clone()))
    }
}

/// The table of an existing database, whose file the source names unless the engine is a server.
fn of_database(
    source: &Source,
    table: &Spanned<TableName>,
    identity: &Identity,
    engine: &Engine,
) -> Result<SourceTable, Mistake> {
    let database = match (&engine.server, &source.database) {
        (None, Some(database)) if is_own(&identity.folder, &database.value) => {
            let message = format!(
                "`{}` is a file of this product's runs, expected another database",
                database.value
            );
            return Err((database.position, message));
        }
        (None, Some(database)) => Some(database.value.clone()),
        (None, None) => {
            let message = format!(
                "`{}` has `table` and no `database`, expected the path of the file with the {} database",
                source.name.value, engine.name
            );
            return Err((table.position, message));
        }
        (Some(server), Some(database)) => {
            let message = format!(
                "`database` is for an engine with files, expected only a table of the database {} of {}",
                server.database, engine.name
            );
            return Err((database.position, message));
        }
        (Some(server), None) => {
            let checked = check_schema(&table.value, server);
            checked.map_err(|message| (table.position, message))?;
            None
        }
    };
    Ok(SourceTable { name: table.value.clone(), database, product: None })
}

/// Whether a path is in the folder of the files that runs of the product write.
fn is_own(folder: &Path, database: &Path) -> bool {
    let own = fs::canonicalize(folder.join(OUTPUT_FOLDER)).ok();
    let real = fs::canonicalize(folder.join(database)).ok();
    let both = own.zip(real);
    both.is_some_and(|(own, real)| real.starts_with(own)) || database.starts_with(OUTPUT_FOLDER)
}

/// Checks that a table of a server is in a schema that is not the product's.
fn check_schema(table: &TableName, server: &Server) -> Result<(), String> {
    let Some(schema) = table.schema() else {
        return Err(format!(
            "expected the table with its schema, as in `raw.{table}`, found `{table}`"
        ));
    };
    let rest = schema.strip_prefix(&*server.schema);
    if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("__")) {
        return Err(format!(
            "the schema `{schema}` has the tables of this product, expected another one"
        ));
    }
    Ok(())
}

/// A table of another product, in its warehouse.
fn of_product(
    source: &Source,
    path: &Spanned<OuterPath>,
    identity: &Identity,
    engine: &Engine,
) -> Result<SourceTable, Mistake> {
    let (path, position) = (&path.value, path.position);
    let at_path = |message: String| (position, message);
    let unreadable = |error: Error| {
        let reason = error.to_string();
        let reason = reason.lines().next().unwrap_or_default();
        at_path(format!("cannot read the product `{path}`: {reason}"))
    };
    let (other, manifest) = identity.of_other(path).map_err(unreadable)?;
    if let Some(cycle) = cycle(identity, &other.folder) {
        let (name, cycle) = (&identity.name, cycle.join(" -> "));
        return Err(at_path(format!(
            "`{name}` depends on itself: {cycle}, expected products without a cycle"
        )));
    }
    let built_by = Engine::of(&other, &manifest).map_err(unreadable)?;
    let schema = engine.schema_of(&built_by);
    let schema = schema.map_err(|message| at_path(format!("`{path}` {message}")))?;
    let table = match &source.table {
        Some(table) if table.value.schema().is_some() => {
            let found = &table.value;
            let message =
                format!("expected a table of `{path}`, without a schema, found `{found}`");
            return Err((table.position, message));
        }
        Some(table) => table.value.to_string(),
        None => source.name.value.to_string(),
    };
    let (name, database) = match schema {
        Some(schema) => (format!("{schema}.{table}"), None),
        None => (table, Some(warehouse_path(path).display().to_string())),
    };
    let database = database.map(OuterPath::try_from).transpose();
    Ok(SourceTable {
        name: TableName::try_from(name).map_err(at_path)?,
        database: database.map_err(at_path)?,
        product: Some(SourceProduct {
            path: path.clone(),
            namespace: other.namespace,
            name: other.name,
            version: other.version,
        }),
    })
}

/// The products from this one to itself, if another one reads it, directly or not. What is wrong with others is theirs.
fn cycle(identity: &Identity, other: &Path) -> Option<Vec<String>> {
    let own = fs::canonicalize(&identity.folder).ok()?;
    let first = (fs::canonicalize(other).ok()?, vec![identity.name.clone()]);
    let mut ways = VecDeque::from([first]);
    let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
    while let Some((folder, mut way)) = ways.pop_front() {
        if folder == own {
            way.push(identity.name.clone());
            return Some(way);
        }
        if !seen.insert(folder.clone()) {
            continue;
        }
        let Ok(product) = Product::read(&folder) else {
            continue;
        };
        way.push(product.name.value.to_string());
        let others = product.sources.iter().filter_map(|it| it.product.as_ref());
        for path in others {
            if let Ok(next) = fs::canonicalize(folder.join(&*path.value)) {
                ways.push_back((next, way.clone()));
            }
        }
    }
    None
}
