//! The contract of the plugin `sqlite` (compute).

use std::path::Path;

use floe_plugin::compute::{Materialize, QueryEngine, Session};
use floe_plugin::table::{Column, ColumnType, Value};
use floe_plugin::{Error, ErrorKind, Handle};
use serde_json::json;

use crate::{Contract, Rows, with};

const COLUMNS: [Column<'static>; 2] = [
    Column { name: "id", kind: ColumnType::Integer },
    Column { name: "name", kind: ColumnType::Text },
];

fn on_engine<T>(
    run: impl FnOnce(&Handle<dyn QueryEngine>, &Path) -> Result<T, Error>,
) -> Result<T, Error> {
    let folder = tempfile::tempdir().unwrap();
    with("sqlite", json!({}), |engine| run(engine, &folder.path().join("warehouse.db")))
}

/// Calls `run` with a database that contains the table `people`.
pub(crate) fn on<T>(run: impl FnOnce(&mut Session) -> Result<T, Error>) -> Result<T, Error> {
    on_engine(|engine, file| {
        let mut session = engine.create_database(file)?;
        assert_eq!(load(&mut session)?, 2);
        run(&mut session)
    })
}

fn load(session: &mut Session) -> Result<u64, Error> {
    session.load("people", &COLUMNS, &mut |rows| {
        rows.row(&[Value::Integer(1), Value::Text("Ada")])?;
        rows.row(&[Value::Integer(2), Value::Null])
    })
}

fn validate(start: &[u8]) -> Result<(), Error> {
    on_engine(|engine, file| {
        std::fs::write(file, start)?;
        engine.validate_connection(file)
    })
}

fn stored<'a>(name: &'a str, is_view: bool, sql: &'a str) -> Materialize<'a> {
    Materialize { name, is_view, sql }
}

const OF_FILE: &[&str] = &["compute.engine=sqlite", "compute.db_path=*"];

const OF_TABLE: &[&str] = &[
    "compute.engine=sqlite",
    "compute.db_path=*",
    "db.system.name=sqlite",
    "db.collection.name=*",
];

#[expect(clippy::too_many_lines, reason = "a list of operations")]
pub(crate) fn contract() -> Contract {
    Contract::new::<dyn QueryEngine>("sqlite", "the embedded SQLite")
        .operation(
            "create_database",
            OF_FILE,
            || on(|_| Ok(())),
            || on_engine(|it, _| it.create_database(Path::new("/no/such/folder/a.db")).map(drop)),
        )
        .operation(
            "open_database",
            OF_FILE,
            || {
                on_engine(|engine, file| {
                    let mut created = engine.create_database(file)?;
                    load(&mut created)?;
                    drop(created);
                    // A database that was dropped can be opened again.
                    let mut opened = engine.open_database(file)?;
                    assert_eq!(opened.count("SELECT count(*) FROM people")?, 2);
                    Ok(())
                })
            },
            || {
                on_engine(|engine, file| {
                    let opened = engine.open_database(file);
                    assert!(!file.exists(), "the file was created");
                    opened.map(drop)
                })
            },
        )
        .operation(
            "remove",
            OF_TABLE,
            || {
                on(|session| {
                    session.materialize(&stored("names", true, "SELECT name FROM people"))?;
                    for table in ["names", "people"] {
                        session.remove(table)?;
                        assert!(session.columns(table).is_err(), "{table}");
                    }
                    // There is no such table any more.
                    session.remove("people")
                })
            },
            || {
                on_engine(|engine, file| {
                    let mut session = engine.create_database(file)?;
                    load(&mut session)?;
                    std::fs::write(file, "this is no database")?;
                    session.remove("people")
                })
            },
        )
        .operation(
            "load",
            OF_TABLE,
            || on(|_| Ok(())),
            || {
                on(|session| {
                    let refused = session.load("others", &COLUMNS, &mut |rows| {
                        rows.row(&[Value::Integer(1), Value::Null])?;
                        Err(Error::new(ErrorKind::InvalidInput, "the second row is wrong"))
                    });
                    // There is no half-written table.
                    assert!(session.count("SELECT count(*) FROM others").is_err());
                    refused.map(drop)
                })
            },
        )
        .operation(
            "materialize",
            OF_TABLE,
            || {
                on(|session| {
                    let named = "SELECT * FROM people WHERE name IS NOT NULL";
                    assert_eq!(session.materialize(&stored("named", false, named))?, 1);
                    let view = stored("all_people", true, "SELECT * FROM people");
                    assert_eq!(session.materialize(&view)?, 2);
                    assert_eq!(session.columns("all_people")?, ["id", "name"]);
                    Ok(())
                })
            },
            || {
                on(|session| {
                    let mut broken = |is_view| {
                        let model = stored("broken", is_view, "SELECT price FROM people");
                        let error = session.materialize(&model).unwrap_err();
                        assert!(session.columns("broken").is_err(), "the table was created");
                        assert_eq!(error.kind(), ErrorKind::UnknownName);
                        error
                    };
                    broken(true);
                    Err::<(), _>(broken(false))
                })
            },
        )
        .operation(
            "query",
            OF_FILE,
            || {
                on(|session| {
                    let mut rows = Rows::default();
                    session.query("SELECT id, name FROM people ORDER BY id", &mut rows)?;
                    assert_eq!(rows.0, ["[Integer(1), Text(\"Ada\")]", "[Integer(2), Null]"]);
                    Ok(())
                })
            },
            || {
                on(|session| {
                    // A query cannot change the database.
                    let refused = session.query("DELETE FROM people", &mut Rows::default());
                    let error = refused.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::InvalidInput);
                    Err::<(), _>(error)
                })
            },
        )
        .operation(
            "validate_connection",
            OF_FILE,
            || validate(b"SQLite format 3\0"),
            || validate(b"01234567DUCK0123"),
        )
}
