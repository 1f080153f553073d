//! `DuckDB`, in which dbt builds the models of a product. The plugin writes the profile and checks the file.

use std::num::NonZeroU32;
use std::path::Path;

use floe_plugin::compute::{ComputeEngine, DbtEngine};
use floe_plugin::{Error, ErrorKind, Lifecycle};
use serde::Deserialize;
use serde_json::{Value, json};

floe_plugin::plugin! {
    kind: DbtEngine,
    plugin: DuckDb,
    name: "duckdb",
    tracer: "floe.compute.duckdb",
    api: "1.0",
    description: "writes dbt's profile for DuckDB",
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DuckDb {
    /// The memory that dbt may use, for example `2GB`. Default: the default of `DuckDB`.
    memory_limit: Option<String>,
    /// The number of nodes that dbt builds at once. Default: 1.
    threads: Option<NonZeroU32>,
}

impl Lifecycle for DuckDb {}

impl ComputeEngine for DuckDb {
    fn validate_connection(&self, file: &Path) -> Result<(), Error> {
        super::file::check(file, "DuckDB", |start| start.get(8..12) == Some(b"DUCK"))
    }
}

impl DbtEngine for DuckDb {
    fn generate_profile(&self, file: &Path, target: &str) -> Result<Value, Error> {
        if target.is_empty() {
            return Err(Error::new(ErrorKind::InvalidInput, "the target has no name"));
        }
        let Some(path) = file.to_str() else {
            let message = format!("the path `{}` is not UTF-8, which DuckDB needs", file.display());
            return Err(Error::new(ErrorKind::InvalidInput, message));
        };
        let threads = self.threads.map_or(1, NonZeroU32::get);
        let mut profile = json!({ "type": "duckdb", "path": path, "threads": threads });
        if let Some(limit) = &self.memory_limit {
            profile["settings"] = json!({ "memory_limit": limit });
        }
        Ok(profile)
    }
}
