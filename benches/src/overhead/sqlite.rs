//! Point queries: one row by its key, from a file in the page cache, with the driver's shortest API.

use std::path::Path;

use floe_telemetry::traced;
use rusqlite::Connection;

use super::{Row, TIMEOUT, Telemetry, pairs, spans_of, timed};

const ROWS: i64 = 10_000;

/// Queries of one measurement: fewer than the capacity of a thread's buffer.
const QUERIES: u32 = 1000;

fn find(database: &Connection, id: i64) -> rusqlite::Result<String> {
    database.query_row("SELECT name, total FROM orders WHERE id = ?1", [id], |row| row.get(0))
}

#[traced(name = "orders.find", kind = client, attributes("db.system.name" = "sqlite", id, sql = "SELECT name"))]
fn find_traced(database: &Connection, id: i64) -> rusqlite::Result<String> {
    find(database, id)
}

fn database(folder: &Path) -> rusqlite::Result<Connection> {
    let mut database = Connection::open(folder.join("orders.db"))?;
    database
        .execute_batch("CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, total REAL)")?;
    let rows = database.transaction()?;
    for id in 0..ROWS {
        rows.execute("INSERT INTO orders VALUES (?1, 'order ' || ?1, ?1 * 1.5)", [id])?;
    }
    rows.commit()?;
    Ok(database)
}

pub(super) fn row() -> Row {
    let folder = tempfile::tempdir().expect("a folder for the database");
    let database = database(folder.path()).expect("a database");
    let mut telemetry = Telemetry::new();
    let provider = telemetry.start(true);
    let mut row = pairs("SQLite point query", 150, QUERIES, |with| {
        let took = timed(|| {
            for n in 0..i64::from(QUERIES) {
                let id = n * 7919 % ROWS;
                let found = if with { find_traced(&database, id) } else { find(&database, id) };
                found.expect("a row");
            }
        });
        provider.force_flush(TIMEOUT).expect("spans are delivered");
        took
    });
    row.spans = telemetry.receiver.arrived().items;
    row.expected_spans = spans_of(&row, QUERIES);
    row
}
