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
    let mut engine = None;
    for source in &product.sources {
        let origin = match source.origin() {
            Ok(Origin::File(_)) | Err(_) => continue,
            Ok(origin) => origin,
        };
        if engine.is_none() {
            // The next stage reports what is wrong with the manifest.
            engine = Some(Engine::of(identity, manifest).ok());
        }
        let Some(Some(engine)) = &engine else {
            continue;
        };
        let table = match origin {
            Origin::Product(path) => of_product(source, path, identity, engine),
            Origin::Table(table) => of_database(source, table, identity, engine),
            Origin::File(_) => continue,
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
        Ok(Self {
            name: engine.name(),
            server: engine.plugin().server(),
        })
    }
}

fn of_database(
    source: &Source,
    table: &Spanned<TableName>,
    identity: &Identity,
    engine: &Engine,
) -> Result<SourceTable, Mistake> {
    let name = table.value.clone();
    let Some(server) = &engine.server else {
        let Some(database) = &source.database else {
            let message = format!(
                "`{}` has `table` and no `database`, expected the path of the file with the {} database",
                source.name.value, engine.name
            );
            return Err((table.position, message));
        };
        if is_own(&identity.folder, &database.value) {
            let message = format!(
                "`{}` is a file of this product's runs, expected another database",
                database.value
            );
            return Err((database.position, message));
        }
        return Ok(SourceTable {
            name,
            database: Some(database.value.clone()),
            product: None,
        });
    };
    if let Some(database) = &source.database {
        let message = format!(
            "`database` is for an engine with files, expected only a table of the database {} of {}",
            server.database, engine.name
        );
        return Err((database.position, message));
    }
    let Some(schema) = name.schema() else {
        let message =
            format!("expected the table with its schema, as in `raw.{name}`, found `{name}`");
        return Err((table.position, message));
    };
    let is_own = schema.strip_prefix(&*server.schema);
    if is_own.is_some_and(|rest| rest.is_empty() || rest.starts_with("__")) {
        let message =
            format!("the schema `{schema}` has the tables of this product, expected another one");
        return Err((table.position, message));
    }
    Ok(SourceTable {
        name,
        database: None,
        product: None,
    })
}

/// Whether a path is in the folder of the files that runs of the product write.
fn is_own(folder: &Path, database: &Path) -> bool {
    let own = fs::canonicalize(folder.join(OUTPUT_FOLDER)).ok();
    let real = fs::canonicalize(folder.join(database)).ok();
    let is_inside = own
        .zip(real)
        .is_some_and(|(own, real)| real.starts_with(own));
    is_inside || database.starts_with(OUTPUT_FOLDER)
}

fn of_product(
    source: &Source,
    path: &Spanned<OuterPath>,
    identity: &Identity,
    engine: &Engine,
) -> Result<SourceTable, Mistake> {
    let (path, position) = (&path.value, path.position);
    let refused = |message: String| Err((position, message));
    let unreadable = |error: Error| {
        let reason = error.to_string();
        let reason = reason.lines().next().unwrap_or_default();
        (
            position,
            format!("cannot read the product `{path}`: {reason}"),
        )
    };
    let (other, manifest) = identity.of_other(path).map_err(unreadable)?;
    if let Some(cycle) = cycle(identity, &other.folder) {
        return refused(format!(
            "`{}` depends on itself: {}, expected products without a cycle",
            identity.name,
            cycle.join(" -> ")
        ));
    }
    let built_by = Engine::of(&other, &manifest).map_err(unreadable)?;
    if built_by.name != engine.name {
        return refused(format!(
            "`{path}` is built by the engine `{}`, expected `{}`, which builds this product",
            built_by.name, engine.name
        ));
    }
    let table = match &source.table {
        Some(table) if table.value.schema().is_some() => {
            let message = format!(
                "expected a table of `{path}`, without a schema, found `{}`",
                table.value
            );
            return Err((table.position, message));
        }
        Some(table) => table.value.to_string(),
        None => source.name.value.to_string(),
    };
    let product = SourceProduct {
        path: path.clone(),
        namespace: other.namespace,
        name: other.name,
        version: other.version,
    };
    let (name, database) = match (&engine.server, &built_by.server) {
        (Some(own), Some(server)) => {
            if (&own.namespace, &own.database) != (&server.namespace, &server.database) {
                return refused(format!(
                    "`{path}` is in the database {} of {}, expected {} of {}, as this product",
                    server.database, server.namespace, own.database, own.namespace
                ));
            }
            if own.schema == server.schema {
                return refused(format!(
                    "`{path}` has the schema `{}`, as this product, expected one of its own",
                    own.schema
                ));
            }
            (format!("{}.{table}", server.schema), None)
        }
        _ => (table, Some(warehouse_path(path).display().to_string())),
    };
    let name = TableName::try_from(name).map_err(|message| (position, message))?;
    let database = database.map(OuterPath::try_from).transpose();
    let database = database.map_err(|message| (position, message))?;
    Ok(SourceTable {
        name,
        database,
        product: Some(product),
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
