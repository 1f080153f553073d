//! A warehouse that other programs use. While they write, `SQLite` keeps a part of the database in files beside it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use rusqlite::Connection;

use crate::product::{Product, command};

const WAREHOUSE: &str = ".floe/warehouse.db";
const FAILED: &str = ".floe/warehouse.failed.db";

/// Adds a table and changes more pages than the cache holds, so that some are written before the transaction ends.
const UNFINISHED: &str = "PRAGMA cache_size = 2; BEGIN IMMEDIATE; CREATE TABLE notes (text); \
    UPDATE orders SET ordered_on = hex(randomblob(200))";

/// The same changes with a write-ahead log.
const LOGGED: &str = "PRAGMA journal_mode = WAL; CREATE TABLE notes (text); \
    UPDATE orders SET ordered_on = hex(randomblob(200))";

fn ran(orders: usize) -> Product {
    let product = Product::shop();
    product.write_orders(orders);
    product.run().assert_ok();
    product
}

fn program(product: &Product, database: &str, statements: &str) -> Connection {
    let connection = Connection::open(product.path(database)).unwrap();
    connection.execute_batch(statements).unwrap();
    connection
}

/// Leaves the files of a program that is killed while it uses the database.
fn kill(product: &Product, database: &str, statements: &str) {
    let program = program(product, database, statements);
    let paths = ["", "-journal", "-shm", "-wal"].map(|end| format!("{database}{end}"));
    let left: Vec<_> = paths
        .into_iter()
        .filter_map(|path| Some((fs::read(product.path(&path)).ok()?, path)))
        .collect();
    assert!(left.len() > 1, "the program left no file beside the database");
    drop(program);
    for (bytes, path) in left {
        product.write_bytes(&path, &bytes);
    }
}

/// Returns the names of the tables of a database, which must not be damaged.
fn tables(product: &Product, database: &str) -> String {
    // The database is opened for writing, because a reader undoes the unfinished changes of another program.
    let database = Connection::open(product.path(database)).unwrap();
    let text = |query| database.query_row(query, (), |row| row.get(0)).unwrap();
    let checked: String = text("PRAGMA integrity_check");
    assert_eq!(checked, "ok");
    text("SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema ORDER BY name)")
}

fn assert_publishes(product: &Product, orders: i64) {
    product.run().assert_ok();
    assert_published(product, orders);
}

fn assert_published(product: &Product, orders: i64) {
    assert_eq!(tables(product, WAREHOUSE), "orders stg_orders totals");
    let query =
        "SELECT (SELECT count(*) FROM orders WHERE ordered_on = '2024-01-31'), orders FROM totals";
    let warehouse = product.open(WAREHOUSE);
    let found = warehouse.query_row(query, (), |row| Ok((row.get(0)?, row.get(1)?)));
    assert_eq!(found, Ok((orders, orders)));
    let beside = |path: &String| path.starts_with(WAREHOUSE) && path != WAREHOUSE;
    assert!(!product.files().iter().any(beside), "{:?}", product.files());
}

#[test]
fn a_run_takes_nothing_from_a_program_that_was_killed() {
    for statements in [UNFINISHED, LOGGED] {
        let product = ran(500);
        kill(&product, WAREHOUSE, statements);
        product.write_orders(800);
        assert_publishes(&product, 800);
    }
}

#[test]
fn files_without_their_database_are_not_those_of_the_next_one() {
    let product = ran(500);
    kill(&product, WAREHOUSE, UNFINISHED);
    product.remove(WAREHOUSE);
    product.write_orders(800);
    assert_publishes(&product, 800);
}

#[test]
fn a_program_with_a_log_does_not_change_the_tables_of_later_runs() {
    let product = ran(500);
    let program = program(&product, WAREHOUSE, LOGGED);
    product.write_orders(800);
    assert_publishes(&product, 800);
    // The program still writes into the old database, which it has open.
    program.execute_batch("DELETE FROM orders").unwrap();
    assert_published(&product, 800);
    drop(program);
    assert_published(&product, 800);
    assert_publishes(&product, 800);
}

/// The test holds the lock, as a step of Dagster does that has copied the warehouse.
#[test]
fn a_run_waits_for_the_lock_of_the_warehouse() {
    let product = ran(500);
    product.write_orders(800);
    let lock = File::create(product.path(".floe/warehouse.lock")).unwrap();
    lock.lock().unwrap();
    let folder = product.path("");
    let mut floe = command(&["run", folder.to_str().unwrap()], &[]);
    let mut running = floe.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "warning: waiting for another run of the product");
    assert_published(&product, 500);
    lock.unlock().unwrap();
    let ended = lines.map(Result::unwrap).filter(|it| it.starts_with("  ✓ "));
    assert_eq!(ended.count(), 3);
    assert!(running.wait().unwrap().success());
    assert_published(&product, 800);
}

#[cfg(unix)]
#[test]
fn the_lock_of_the_warehouse_is_not_written_through_a_link() {
    let product = Product::shop();
    product.write("theirs", "theirs");
    product.write(".floe/mine", "");
    let lock = product.path(".floe/warehouse.lock");
    std::os::unix::fs::symlink(product.path("theirs"), lock).unwrap();
    let output = product.run();
    let error = "{dir}/.floe/warehouse.lock: it is a symbolic link, ";
    output.assert_says(error);
    assert_ne!(output.code, Some(0));
    assert_eq!(product.read("theirs"), "theirs");
}

#[test]
fn a_run_does_not_replace_what_another_program_is_writing() {
    for statements in [UNFINISHED, LOGGED] {
        let product = ran(500);
        let program = program(&product, WAREHOUSE, statements);
        if program.is_autocommit() {
            program.execute_batch("BEGIN IMMEDIATE; DELETE FROM notes").unwrap();
        }
        let output = product.run();
        output.assert_code(1);
        let expected = format!(
            "error: the compute plugin `sqlite`: `{{dir}}/{WAREHOUSE}`: another program has used it for more than five \
             seconds\n"
        );
        assert_eq!(output.complaints(), expected);
        program.execute_batch("ROLLBACK; DROP TABLE IF EXISTS notes").unwrap();
        drop(program);
        assert_publishes(&product, 500);
    }
}

#[test]
fn the_tables_of_a_failed_run_are_whole() {
    let product = ran(500);
    product.write("models/totals.sql", "SELECT nope FROM {{ ref('stg_orders') }}");
    for orders in [500, 800] {
        product.write_orders(orders);
        product.run().assert_code(1);
        assert_eq!(tables(&product, FAILED), "orders stg_orders");
        kill(&product, FAILED, UNFINISHED);
    }
    product.write("models/totals.sql", "SELECT count(*) AS orders FROM {{ ref('stg_orders') }}");
    assert_publishes(&product, 800);
    assert!(!product.files().iter().any(|path| path.contains("failed")), "{:?}", product.files());
}
