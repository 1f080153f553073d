//! DuckDB's command.

use std::path::Path;

use floe as _;
use floe_plugin::compute::{ComputeEngine, Materialize, Session};
use floe_plugin::table::{Column, ColumnType, RowSink, Value};
use floe_plugin::{Error, ErrorKind, Handle, PluginType};
use floe_telemetry::testing;
use serde_json::json;
use tempfile::TempDir;

use crate::process::{place, plugins};
use crate::samples::{COLUMNS, Rows};

fn query(database: &mut Session, sql: &str) -> Result<Vec<String>, Error> {
    let mut rows = Rows::default();
    database.query(sql, &mut rows)?;
    Ok(rows.0)
}

pub(crate) fn create(place: &Path, folder: &Path) -> Session {
    engine(place).create_database(&folder.join("sales.duckdb")).unwrap()
}

fn engine(place: &Path) -> Handle<dyn ComputeEngine> {
    let command = place.join("venv/bin/duckdb").display().to_string();
    let config =
        json!({ "command": command, "memory_limit": "512MB", "threads": 1, "timeout": 60 });
    let plugins = plugins(PluginType::Compute, "duckdb", config);
    plugins.one::<dyn ComputeEngine>().unwrap()
}

fn materialize(database: &mut Session, name: &str, is_view: bool, sql: &str) -> Result<u64, Error> {
    database.materialize(&Materialize { name, is_view, sql })
}

fn orders(rows: &mut dyn RowSink) -> Result<(), Error> {
    let day = Value::Text("2026-01-02");
    rows.row(&[
        Value::Integer(i64::MAX),
        Value::Real(1e300),
        Value::Text("a \"q\",\r\nü'\t"),
        day,
    ])?;
    rows.row(&[Value::Integer(2), Value::Real(f64::NAN), Value::Text(""), Value::Null])?;
    rows.row(&[Value::Null, Value::Integer(2), Value::Null, day])
}

#[test]
fn rows_and_models_are_stored() {
    let place = place();
    let folder = TempDir::new().unwrap();
    // A draft of the platform.
    std::fs::write(folder.path().join("sales.duckdb"), "").unwrap();
    let mut database = create(&place, folder.path());
    assert_eq!(database.load("orders", &COLUMNS, &mut orders).unwrap(), 3);
    assert_eq!(
        query(&mut database, "SELECT * FROM orders ORDER BY rowid;").unwrap(),
        [
            r#"["id", "amount", "note", "day"]"#,
            r#"[Integer(9223372036854775807), Real(1e300), Text("a \"q\",\r\nü'\t"), Text("2026-01-02")]"#,
            r#"[Integer(2), Null, Text(""), Null]"#,
            r#"[Null, Real(2.0), Null, Text("2026-01-02")]"#,
        ]
    );
    let one = [Column { name: "note", kind: ColumnType::Text }];
    let mut notes = |rows: &mut dyn RowSink| {
        rows.row(&[Value::Null])?;
        rows.row(&[Value::Text("")])?;
        rows.row(&[Value::Null])
    };
    assert_eq!(database.load("notes", &one, &mut notes).unwrap(), 3);
    let counted = query(&mut database, "SELECT count(*), count(note) FROM notes").unwrap();
    assert_eq!(counted[1], "[Integer(3), Integer(1)]");

    assert_eq!(
        materialize(&mut database, "days", false, "SELECT day FROM orders -- all").unwrap(),
        3
    );
    assert_eq!(
        materialize(&mut database, "first", true, "SELECT * FROM days LIMIT 1;\n").unwrap(),
        1
    );
    assert_eq!(database.count("SELECT count(*) FROM first").unwrap(), 1);
    let types = "SELECT sum(2) AS s, 1.10 AS d, true AS t, [1] AS l, 'x' AS s, NULL AS n FROM orders WHERE id > 0 GROUP BY ALL";
    assert_eq!(
        query(&mut database, types).unwrap(),
        [
            r#"["s", "d", "t", "l", "s", "n"]"#,
            r#"[Integer(4), Real(1.1), Integer(1), Text("[1]"), Text("x"), Null]"#,
        ]
    );
    assert_eq!(
        query(&mut database, "SELECT id, id FROM orders WHERE false").unwrap(),
        [r#"["id", "id"]"#]
    );
    database.close().unwrap();
    let mut names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["sales.duckdb"]);
}

#[test]
fn a_database_can_be_opened_again_and_its_tables_removed() {
    let place = place();
    let folder = tempfile::tempdir().unwrap();
    let mut database = create(&place, folder.path());
    materialize(&mut database, "days", false, "SELECT 1 AS day").unwrap();
    materialize(&mut database, "first", true, "SELECT * FROM days").unwrap();
    database.close().unwrap();
    let file = folder.path().join("sales.duckdb");
    let mut database = engine(&place).open_database(&file).unwrap();
    assert_eq!(database.count("SELECT count(*) FROM first").unwrap(), 1);
    for table in ["first", "days"] {
        assert!(database.remove(table).unwrap(), "{table}");
        assert!(!database.remove(table).unwrap(), "{table}");
    }
    materialize(&mut database, "days", false, "SELECT 2 AS day").unwrap();
    database.close().unwrap();
    let missing = engine(&place).open_database(&folder.path().join("no.duckdb"));
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_mistake_has_its_place() {
    let place = place();
    let folder = TempDir::new().unwrap();
    let mut database = create(&place, folder.path());
    let long = format!("SELECT {},\n  'ä', nope, 1\nFROM (SELECT 1 AS x)", "1, ".repeat(100) + "1");
    for (sql, mistake) in [
        ("SELECT 1,\n  'ä' AS b, nope\nFROM (SELECT 1 AS x)", "nope"),
        (long.as_str(), "nope"),
        ("SELECT 1\nFROM (SELECT 1) WERE x", "x"),
        ("SELECT 1 +", ""),
    ] {
        for error in [
            query(&mut database, sql).unwrap_err(),
            materialize(&mut database, "broken", false, sql).unwrap_err(),
        ] {
            assert!(error.kind().is_of_input(), "{error}");
            if !mistake.is_empty() {
                assert_eq!(error.offset(), sql.rfind(mistake), "{sql}: {error}");
            }
        }
    }
    let error = query(&mut database, "SELECT * FROM broken").unwrap_err();
    assert!(error.to_string().contains("broken does not exist"), "{error}");
}

#[test]
fn a_query_changes_and_reads_nothing_else() {
    let place = place();
    let folder = TempDir::new().unwrap();
    let mut database = create(&place, folder.path());
    assert_eq!(database.load("orders", &COLUMNS, &mut orders).unwrap(), 3);
    let pwned = folder.path().join("pwned");
    let shell = format!("SELECT 1;\n.shell touch {}\nSELECT 2", pwned.display());
    let copy = format!("COPY orders TO '{}'", pwned.display());
    for sql in [
        "DROP TABLE orders",
        "SELECT 1; DROP TABLE orders",
        "SELECT 1); DROP TABLE orders; (SELECT 1",
        "SELECT 1); DROP TABLE orders; --",
        "",
        "-- nothing",
        &shell,
        &copy,
        "SELECT * FROM read_csv('/etc/passwd')",
        "SET enable_external_access = true",
    ] {
        let error = query(&mut database, sql).unwrap_err();
        assert!(error.kind().is_of_input(), "{sql}: {error}");
        let error = materialize(&mut database, "model", false, sql).unwrap_err();
        assert!(error.kind().is_of_input(), "{sql}: {error}");
    }
    // A line that begins with a dot is text here.
    let text = query(&mut database, "SELECT '\n.shell touch pwned\n' AS x").unwrap();
    assert_eq!(text[1], r#"[Text("\n.shell touch pwned\n")]"#);
    // The variables of the platform may be credentials.
    let error = query(&mut database, "SELECT getenv('PATH')").unwrap_err();
    assert!(error.to_string().contains("getenv is disabled"), "{error}");
    assert!(!pwned.exists());
    assert_eq!(database.count("SELECT count(*) FROM orders").unwrap(), 3);
}

#[test]
fn a_query_that_takes_too_long_is_ended() {
    let place = place();
    let folder = TempDir::new().unwrap();
    let command = place.join("venv/bin/duckdb").display().to_string();
    let plugins =
        plugins(PluginType::Compute, "duckdb", json!({ "command": command, "timeout": 3 }));
    let engine = plugins.one::<dyn ComputeEngine>().unwrap();
    let mut database = engine.create_database(&folder.path().join("sales.duckdb")).unwrap();
    let forever = "SELECT count(*) FROM range(1000000000) a, range(1000000000) b";
    let error = query(&mut database, forever).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    // The process that had the file open has ended.
    assert_eq!(materialize(&mut database, "model", false, "SELECT 1").unwrap(), 1);
}

/// A command that is DuckDB's with its statement log: a file for each process.
fn logged(place: &Path, folder: &Path) -> String {
    use std::os::unix::fs::PermissionsExt as _;

    let script = folder.join("duckdb");
    let command = place.join("venv/bin/duckdb");
    let text = format!(
        "#!/bin/sh\nexec '{}' -cmd \"SET log_query_path = '{}/$$.sql'\" \"$@\"\n",
        command.display(),
        folder.display()
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    script.display().to_string()
}

/// The statements that were logged, without semicolons, by their first words.
fn log(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let logs = files.filter(|path| path.extension().is_some_and(|it| it == "sql"));
    let texts = logs.map(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        text.replace("*/\n;", "*/;")
    });
    let mut statements: Vec<String> = texts
        .flat_map(|text| {
            let statements = text.split_inclusive("*/;").map(str::trim);
            statements.map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|statement| !statement.is_empty())
        .collect();
    statements.sort();
    statements
}

/// The spans of a database that this configuration creates, and the statements that were logged.
fn logged_run(folder: &Path, config: serde_json::Value) -> (testing::Spans, Vec<String>) {
    let plugins = plugins(PluginType::Compute, "duckdb", config);
    let engine = plugins.one::<dyn ComputeEngine>().unwrap();
    let file = folder.join("sales.duckdb");
    let spans = testing::capture(|| {
        let mut database = engine.create_database(&file).unwrap();
        assert_eq!(database.load("orders", &COLUMNS, &mut orders).unwrap(), 3);
        let sql = "SELECT id FROM orders -- all";
        assert_eq!(materialize(&mut database, "ids", true, sql).unwrap(), 3);
        let stored = "SELECT sql FROM duckdb_views() WHERE view_name = 'ids'";
        let stored = query(&mut database, stored).unwrap();
        assert!(!stored[1].contains("traceparent"), "{stored:?}");
    });
    let statements = log(folder);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some() {
            std::fs::remove_file(path).unwrap();
        }
    }
    (spans, statements)
}

#[test]
fn the_log_of_duckdb_has_the_span_of_each_statement() {
    let place = place();
    let folder = TempDir::new().unwrap();
    let command = logged(&place, folder.path());
    let config = json!({ "command": command, "threads": 1 });
    let (spans, statements) = logged_run(folder.path(), config);
    let of = |operation: &str| {
        let context = spans.single(&format!("compute.{operation}")).span_context();
        let (trace, span) = (context.trace_id(), context.span_id());
        let comment = format!("/*traceparent='00-{trace}-{span}-03'*/;");
        let of_span = statements.iter().filter_map(|it| it.strip_suffix(&*comment));
        of_span
            .map(|it| it.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
    };
    assert_eq!(of("create_database"), ["CHECKPOINT", "SET threads"]);
    assert_eq!(of("load"), ["BEGIN", "COMMIT", "COPY \"orders\"", "CREATE TABLE", "SET threads"]);
    assert_eq!(
        of("materialize"),
        [
            "BEGIN",
            "COMMIT",
            "CREATE VIEW",
            "SELECT count(*)",
            "SELECT error('floe:'",
            "SET enable_external_access",
            "SET lock_configuration",
            "SET threads",
        ]
    );
    assert_eq!(
        of("query"),
        [
            "SELECT error('floe:'",
            "SELECT list(column_name)",
            "SELECT sql",
            "SET enable_external_access",
            "SET lock_configuration",
            "SET threads",
        ]
    );
    // That of the start is below no span of this test.
    assert_eq!(statements.len(), 2 + 5 + 8 + 6 + 1, "{statements:#?}");

    let (_, statements) =
        logged_run(folder.path(), json!({ "command": command, "query_comments": false }));
    assert!(!statements.is_empty());
    assert!(!statements.join("").contains("traceparent"), "{statements:#?}");
}
