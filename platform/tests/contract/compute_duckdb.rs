//! The contract of the plugin `duckdb` (compute).

use std::fs;
use std::path::Path;

use floe_plugin::compute::DbtEngine;
use floe_plugin::{Error, ErrorKind, Handle};
use serde_json::json;
use tempfile::TempDir;

use crate::{Contract, with};

fn on<T>(run: impl FnOnce(&Handle<dyn DbtEngine>) -> Result<T, Error>) -> Result<T, Error> {
    with("duckdb", json!({ "threads": 2, "memory_limit": "1GB" }), run)
}

fn validate(start: &[u8]) -> Result<(), Error> {
    let folder = TempDir::new()?;
    let file = folder.path().join("sales.duckdb");
    fs::write(&file, start)?;
    on(|engine| engine.validate_connection(&file))
}

pub(crate) fn contract() -> Contract {
    let file = Path::new("/srv/sales.duckdb");
    Contract::new::<dyn DbtEngine>(
        "duckdb",
        "a file; DuckDB by dbt-duckdb in `.ci/services plugins`",
    )
    .operation(
        "validate_connection",
        &["compute.engine=duckdb", "compute.db_path=*"],
        || {
            on(|engine| engine.validate_connection(Path::new("no-such.duckdb")))?;
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
        move || {
            let profile = on(|it| it.generate_profile(file, "prod"))?;
            let expected = json!({
                "type": "duckdb",
                "path": "/srv/sales.duckdb",
                "threads": 2,
                "settings": { "memory_limit": "1GB" },
            });
            assert_eq!(profile, expected);
            Ok(())
        },
        move || on(|it| it.generate_profile(file, "")).map(drop),
    )
}
