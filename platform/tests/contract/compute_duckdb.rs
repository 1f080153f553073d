//! The contract of the plugin `duckdb` (compute).

use std::fs;
use std::path::Path;

use floe_plugin::compute::ComputeEngine;
use floe_plugin::{Error, ErrorKind, Handle, PluginType};
use serde_json::json;
use tempfile::TempDir;

use crate::{Contract, plugins};

fn with<T>(run: impl FnOnce(&Handle<dyn ComputeEngine>) -> T) -> T {
    let config = json!({ "threads": 2, "memory_limit": "1GB" });
    let plugins = plugins(PluginType::Compute, "duckdb", config);
    run(&plugins.one::<dyn ComputeEngine>().unwrap())
}

/// A file that begins as `start`.
fn validate(start: &[u8]) -> Result<(), Error> {
    let folder = TempDir::new()?;
    let file = folder.path().join("sales.duckdb");
    fs::write(&file, start)?;
    with(|engine| engine.validate_connection(&file))
}

pub(crate) fn contract() -> Contract {
    let unsupported = |operation| {
        let run = move || {
            let file = Path::new("sales.duckdb");
            match operation {
                "open_database" => with(|engine| engine.open_database(file).map(drop)),
                _ => with(|engine| engine.create_database(file).map(drop)),
            }
        };
        (operation, run)
    };
    let mut contract = Contract::new(
        PluginType::Compute,
        "duckdb",
        "a file; DuckDB by dbt-duckdb in `.ci/services plugins`",
    )
    .operation(
        "validate_connection",
        &["compute.engine=duckdb", "compute.db_path=*"],
        || {
            with(|engine| engine.validate_connection(Path::new("no-such.duckdb")))?;
            validate(b"")?;
            validate(b"01234567DUCK0123")
        },
        || {
            let error = validate(b"SQLite format 3\0").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            Err(error)
        },
    )
    .operation(
        "generate_profile",
        &["compute.engine=duckdb", "compute.target=prod"],
        || {
            let profile = with(|it| it.generate_profile(Path::new("/srv/sales.duckdb"), "prod"))?;
            let expected = json!({
                "type": "duckdb",
                "path": "/srv/sales.duckdb",
                "threads": 2,
                "settings": { "memory_limit": "1GB" },
            });
            assert_eq!(profile, expected);
            Ok(())
        },
        || with(|it| it.generate_profile(Path::new("/srv/sales.duckdb"), "")).map(drop),
    );
    for operation in ["create_database", "open_database"] {
        let (operation, run) = unsupported(operation);
        contract = contract.unsupported(operation, run);
    }
    contract
}
