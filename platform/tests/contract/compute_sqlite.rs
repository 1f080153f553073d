//! The cases of the embedded engine.

use std::path::Path;

use floe_plugin::compute::{ComputeEngine, Materialize, Session};
use floe_plugin::table::{Column, ColumnType, RowSink, Value};
use floe_plugin::{Error, ErrorKind, PluginType};
use serde_json::json;

use crate::{Contract, plugins};

const COLUMNS: [Column<'static>; 2] = [
    Column { name: "id", kind: ColumnType::Integer },
    Column { name: "name", kind: ColumnType::Text },
];

/// Runs `run` on an engine, and a database of it in an own folder.
fn on<T>(
    plugin: &'static str,
    run: impl FnOnce(&mut Session) -> Result<T, Error>,
) -> Result<T, Error> {
    let plugins = plugins(PluginType::Compute, plugin, json!({}));
    let engine = plugins.one::<dyn ComputeEngine>().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut session = engine.create_database(&folder.path().join("warehouse.db"))?;
    let result = run(&mut session)?;
    session.close()?;
    Ok(result)
}

/// Loads two rows into the table `people`.
fn load(session: &mut Session) -> Result<u64, Error> {
    session.load("people", &COLUMNS, &mut |rows| {
        rows.row(&[Value::Integer(1), Value::Text("Ada")])?;
        rows.row(&[Value::Integer(2), Value::Null])
    })
}

#[derive(Default)]
struct Rows(Vec<String>);

impl RowSink for Rows {
    fn columns(&mut self, names: &[&str]) -> Result<(), Error> {
        self.0.push(names.join(","));
        Ok(())
    }

    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        self.0.push(format!("{values:?}"));
        Ok(())
    }
}

type Engine = floe_plugin::Handle<dyn ComputeEngine>;

/// A file that begins as `start`.
fn validate(start: &[u8]) -> Result<(), Error> {
    let folder = tempfile::TempDir::new()?;
    let file = folder.path().join("sales.db");
    std::fs::write(&file, start)?;
    let plugins = plugins(PluginType::Compute, "sqlite", serde_json::json!({}));
    plugins.one::<dyn ComputeEngine>().unwrap().validate_connection(&file)
}

pub(crate) fn contract() -> Contract {
    of_engine("sqlite", "the embedded SQLite")
}

const OF_FILE: &[&str] = &["compute.engine=sqlite", "compute.db_path=*"];

/// The contract of a compute engine that needs no configuration.
#[expect(clippy::too_many_lines, reason = "a list of operations")]
pub(crate) fn of_engine(plugin: &'static str, service: &'static str) -> Contract {
    let engine = move |run: &dyn Fn(&Engine) -> Result<(), Error>| {
        let plugins = plugins(PluginType::Compute, plugin, json!({}));
        run(&plugins.one::<dyn ComputeEngine>().unwrap())
    };
    Contract::new(PluginType::Compute, plugin, service)
        .operation(
            "create_database",
            OF_FILE,
            move || on(plugin, |_| Ok(())),
            move || {
                engine(&|engine| {
                    let file = Path::new("/no/such/folder/warehouse.db");
                    engine.create_database(file).map(drop)
                })
            },
        )
        .operation(
            "open_database",
            OF_FILE,
            move || {
                engine(&|engine| {
                    let folder = tempfile::tempdir().unwrap();
                    let file = folder.path().join("warehouse.db");
                    let mut created = engine.create_database(&file)?;
                    load(&mut created)?;
                    created.close()?;
                    // The next writer continues.
                    let mut opened = engine.open_database(&file)?;
                    assert_eq!(opened.count("SELECT count(*) FROM people")?, 2);
                    opened.close()
                })
            },
            move || {
                engine(&|engine| {
                    let folder = tempfile::tempdir().unwrap();
                    let file = folder.path().join("warehouse.db");
                    let opened = engine.open_database(&file);
                    assert!(!file.exists(), "nothing is created");
                    opened.map(drop)
                })
            },
        )
        .operation(
            "remove",
            OF_FILE,
            move || {
                on(plugin, |session| {
                    load(session)?;
                    session.materialize(&Materialize {
                        name: "names",
                        is_view: true,
                        sql: "SELECT name FROM people",
                    })?;
                    for table in ["names", "people"] {
                        assert!(session.remove(table)?, "{table}");
                        assert!(session.columns(table).is_err(), "{table}");
                    }
                    assert!(!session.remove("people")?);
                    Ok(())
                })
            },
            move || {
                engine(&|engine| {
                    let folder = tempfile::tempdir().unwrap();
                    let file = folder.path().join("warehouse.db");
                    let mut session = engine.create_database(&file)?;
                    load(&mut session)?;
                    std::fs::write(&file, "this is no database")?;
                    session.remove("people").map(drop)
                })
            },
        )
        .operation(
            "load",
            OF_FILE,
            move || {
                assert_eq!(on(plugin, load)?, 2);
                Ok(())
            },
            move || {
                on(plugin, |session| {
                    let refused = session.load("people", &COLUMNS, &mut |rows| {
                        rows.row(&[Value::Integer(1), Value::Null])?;
                        Err(Error::new(
                            ErrorKind::InvalidInput,
                            "the second row is wrong",
                        ))
                    });
                    // Nothing half-written.
                    assert!(session.count("SELECT count(*) FROM people").is_err());
                    refused.map(drop)
                })
            },
        )
        .operation(
            "materialize",
            OF_FILE,
            move || {
                on(plugin, |session| {
                    load(session)?;
                    let rows = session.materialize(&Materialize {
                        name: "named",
                        is_view: false,
                        sql: "SELECT * FROM people WHERE name IS NOT NULL",
                    })?;
                    assert_eq!(rows, 1);
                    let view = Materialize {
                        name: "all_people",
                        is_view: true,
                        sql: "SELECT * FROM people",
                    };
                    assert_eq!(session.materialize(&view)?, 2);
                    assert_eq!(session.columns("all_people")?, ["id", "name"]);
                    Ok(())
                })
            },
            move || {
                on(plugin, |session| {
                    load(session)?;
                    let mut broken = |is_view| {
                        let refused = session.materialize(&Materialize {
                            name: "broken",
                            is_view,
                            sql: "SELECT price FROM people",
                        });
                        assert!(session.columns("broken").is_err(), "it is there");
                        refused.unwrap_err()
                    };
                    broken(true);
                    let error = broken(false);
                    assert_eq!(error.kind(), ErrorKind::UnknownName);
                    Err(error)
                })
            },
        )
        .operation(
            "query",
            OF_FILE,
            move || {
                on(plugin, |session| {
                    load(session)?;
                    let mut rows = Rows::default();
                    session.query("SELECT id, name FROM people ORDER BY id", &mut rows)?;
                    assert_eq!(
                        rows.0,
                        [
                            "id,name",
                            "[Integer(1), Text(\"Ada\")]",
                            "[Integer(2), Null]"
                        ]
                    );
                    Ok(())
                })
            },
            move || {
                on(plugin, |session| {
                    load(session)?;
                    // A query changes nothing.
                    let refused = session.query("DELETE FROM people", &mut Rows::default());
                    let error = refused.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::InvalidInput);
                    Err(error)
                })
            },
        )
        .operation(
            "describe",
            OF_FILE,
            move || {
                on(plugin, |session| {
                    load(session)?;
                    let column = |name: &str, kind| (name.to_owned(), kind);
                    assert_eq!(
                        session.describe("people")?,
                        [
                            column("id", ColumnType::Integer),
                            column("name", ColumnType::Text)
                        ]
                    );
                    // The result of an expression has no type, so its values decide.
                    session.materialize(&Materialize {
                        name: "results",
                        is_view: true,
                        sql: "SELECT id + 1 AS next, id / 2.0 AS half, iif(id = 1, id, 0.5) AS mixed, \
                              upper(name) AS upper, iif(id = 1, id, name) AS both, NULL AS empty FROM people",
                    })?;
                    assert_eq!(
                        session.describe("results")?,
                        [
                            column("next", ColumnType::Integer),
                            column("half", ColumnType::Real),
                            column("mixed", ColumnType::Real),
                            column("upper", ColumnType::Text),
                            column("both", ColumnType::Integer),
                            column("empty", ColumnType::Text),
                        ]
                    );
                    Ok(())
                })
            },
            move || on(plugin, |session| session.describe("nowhere").map(drop)),
        )
        .operation(
            "validate_connection",
            OF_FILE,
            || validate(b"SQLite format 3\0"),
            || validate(b"01234567DUCK0123"),
        )
        .unsupported("generate_profile", || {
            let plugins = plugins(PluginType::Compute, "sqlite", serde_json::json!({}));
            let engine = plugins.one::<dyn ComputeEngine>().unwrap();
            engine.generate_profile(Path::new("sales.db"), "dev").map(drop)
        })
}
