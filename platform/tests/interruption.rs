//! Runs that are stopped by signals, killed at every point, run side by side, or meet a full disk: nothing half-built
//! is published, and the next run succeeds.

#![cfg(target_os = "linux")]
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "tests, with helpers of other tests"
)]

#[path = "it/faults.rs"]
mod faults;
#[path = "it/product.rs"]
mod product;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use floe::compile::Definition;
use floe::pipeline::{self, RunId};
use floe_tests::{ReceivedStatus, Receiver, before};

use crate::faults::Faults;
use crate::product::Product;

const ENDLESS: &str = "WITH RECURSIVE n(x) AS (SELECT count(*) FROM {{ ref('stg_orders') }} \
    UNION ALL SELECT x + 1 FROM n) SELECT count(x) AS orders FROM n";

/// A query with one instruction of the engine that takes hours: the search for a text that differs in its last byte.
const ENDLESS_INSTRUCTION: &str = "SELECT instr(hex(zeroblob(10000000)), \
    hex(zeroblob(5000000)) || count(*)) AS orders FROM {{ ref('stg_orders') }}";

const RESULTS: &str = ".floe/run_results.json";
const WAREHOUSE: &str = ".floe/warehouse.db";
const FAILED: &str = ".floe/warehouse.failed.db";

/// A `floe run` in the background, which is killed when the value is dropped.
struct Running(Child);

impl Running {
    fn start(product: &Product, variables: &[(&str, &str)]) -> Self {
        let floe = product::command(&["run", product.path("").to_str().unwrap()], variables);
        // A shell starts background commands with some signals ignored, and `floe` respects that.
        let mut command = before(&["env", "--default-signal=HUP,INT,TERM"], &floe);
        Self::spawn(&mut command)
    }

    fn spawn(command: &mut Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    fn wait_until(&mut self, condition: impl Fn() -> bool) {
        while !condition() {
            if let Some(status) = self.0.try_wait().unwrap() {
                panic!("the run ended early: {status}");
            }
            // A busy loop would take the processor from the run.
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn wait_for_log(&mut self, words: &[&str]) {
        let lines = BufReader::new(self.0.stderr.as_mut().unwrap()).lines();
        for line in lines {
            let line = line.unwrap();
            if words.iter().all(|word| line.contains(word)) {
                return;
            }
        }
        panic!("no log record contains {words:?}");
    }

    fn signal(&self, signal: &str) {
        let id = self.0.id().to_string();
        let status = Command::new("kill").args([&format!("-{signal}"), &id]).status();
        assert!(status.unwrap().success());
    }

    fn ended_by(mut self) -> (Option<i32>, String) {
        let mut stderr = String::new();
        let status = self.0.wait().unwrap();
        self.0.stderr.as_mut().unwrap().read_to_string(&mut stderr).unwrap();
        (status.signal(), stderr)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn leftovers(product: &Product) -> Vec<String> {
    let mut files = product.files();
    files.retain(|path| path.ends_with(".floe-draft"));
    files
}

fn is_generating(product: &Product) -> bool {
    leftovers(product).iter().any(|path| path.starts_with("data/"))
}

fn is_locked(product: &Product, path: &str) -> bool {
    let inode = format!(":{}", fs::metadata(product.path(path)).unwrap().ino());
    let locks = fs::read_to_string("/proc/locks").unwrap();
    locks.split_whitespace().any(|word| word.ends_with(&inode))
}

fn results(product: &Product) -> serde_json::Value {
    product.json(RESULTS)
}

/// Returns the number of orders in the warehouse, after a check that it contains all tables and is not damaged.
fn orders(product: &Product) -> i64 {
    let warehouse = product.open(WAREHOUSE);
    let value = |sql: &str| warehouse.query_row(sql, (), |row| row.get::<_, i64>(0)).unwrap();
    let check: String =
        warehouse.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    assert_eq!(
        value(
            "SELECT count(*) FROM sqlite_master WHERE name IN ('orders', 'stg_orders', 'totals')"
        ),
        3
    );
    assert_eq!(value("SELECT count(*) FROM stg_orders"), value("SELECT orders FROM totals"));
    value("SELECT orders FROM totals")
}

fn endless_source() -> Product {
    let product = Product::shop();
    product.remove("data/orders.csv");
    product.replace("floe.yaml", "    columns", "    generate: seed.sql\n    columns");
    product.write(
        "seed.sql",
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)\n\
         SELECT x AS order_id, '2024-01-31' AS ordered_on FROM n",
    );
    product
}

fn endless_model(query: &str) -> Product {
    let product = Product::shop();
    product.write("models/totals.sql", query);
    product
}

/// Makes the product of a stopped run valid again and runs it.
#[track_caller]
fn assert_continues(product: &Product) {
    product.write("data/orders.csv", "order_id,ordered_on\n1,2024-01-31\n2,\n");
    product.write("models/totals.sql", "SELECT count(*) AS orders FROM {{ ref('stg_orders') }}\n");
    product.run().assert_ok();
    assert_eq!(orders(product), 2);
    assert_eq!(results(product)["status"], "success");
    assert_eq!(leftovers(product), [""; 0]);
}

#[test]
fn a_signal_delivers_the_trace_and_removes_the_drafts() {
    for (signal, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        let receiver = Receiver::http();
        let product = endless_source();
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*receiver.endpoint()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ];
        let mut run = Running::start(&product, &variables);
        run.wait_until(|| is_generating(&product));
        run.signal(signal);
        let (by, stderr) = run.ended_by();
        assert_eq!(by, Some(number), "{stderr}");
        let error = format!(" interrupted by SIG{signal}\n");
        // The error is printed in the line of the asset, and in the summary.
        assert_eq!(stderr.matches(&error).count(), 2, "{stderr}");
        assert!(stderr.contains(" not started · "), "{stderr}");
        assert_eq!(leftovers(&product), [""; 0]);
        assert!(!product.path(WAREHOUSE).exists());
        assert!(!product.path(FAILED).exists());
        let results = results(&product);
        assert_eq!(results["status"], "failed");
        assert_eq!(results["message"], format!("interrupted by SIG{signal}"));

        let spans = receiver.spans();
        let status = |name: &str| &spans.iter().find(|span| span.name == name).unwrap().status;
        assert_eq!(*status("floe.compile"), ReceivedStatus::Ok);
        for name in ["floe.input.generate", "floe.asset.orders", "floe.pipeline.run"] {
            let status = status(name);
            assert!(
                matches!(status, ReceivedStatus::Error(text) if text.contains("interrupted")),
                "{name}: {status:?}"
            );
        }
        assert_continues(&product);
    }
}

#[test]
fn a_signal_ends_the_wait_for_a_locked_database() {
    let product = Product::shop();
    product.run().assert_ok();
    let database = rusqlite::Connection::open(product.path(".floe/warehouse.db")).unwrap();
    database.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut run = Running::start(&product, &[]);
    // The run holds this file while it waits for the database.
    run.wait_until(|| is_locked(&product, ".floe/warehouse.lock"));
    run.signal("TERM");
    let (by, stderr) = run.ended_by();
    assert_eq!(by, Some(15), "{stderr}");
    assert_eq!(results(&product)["status"], "failed");
    assert_eq!(results(&product)["message"], "interrupted by SIGTERM");
    database.execute_batch("COMMIT").unwrap();
    assert_continues(&product);
}

#[test]
fn a_command_that_does_not_stop_is_ended() {
    let receiver = Receiver::http();
    let product = endless_model(ENDLESS_INSTRUCTION);
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*receiver.endpoint()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("FLOE_LOG_LEVEL", "info"),
    ];
    let mut run = Running::start(&product, &variables);
    run.wait_for_log(&["built", "stg_orders"]);
    run.signal("TERM");
    assert_eq!(run.ended_by().0, Some(15));
    assert_eq!(leftovers(&product), [""; 0]);
    let spans = receiver.spans();
    for name in ["floe.compile", "floe.asset.orders", "floe.asset.stg_orders"] {
        assert!(spans.iter().any(|span| span.name == name), "{name}");
    }
    assert_continues(&product);
}

#[test]
fn a_signal_interrupts_a_model_unless_the_parent_ignores_it() {
    let product = endless_model(ENDLESS);
    let script = "trap '' HUP; exec \"$0\" \"$@\"";
    let program = env!("CARGO_BIN_EXE_floe");
    let mut command = Command::new("sh");
    command
        .args(["-c", script, program, "run"])
        .arg(product.path(""))
        .env("FLOE_LOG_LEVEL", "info");
    let mut run = Running::spawn(&mut command);
    run.wait_for_log(&["built", "stg_orders"]);
    run.signal("HUP");
    run.signal("TERM");
    // If SIGHUP were not ignored, it would be the cause, because it came first.
    let (by, stderr) = run.ended_by();
    assert_eq!(by, Some(15), "{stderr}");
    assert_eq!(results(&product)["assets"][1]["key"], "stg_orders");
    assert_eq!(results(&product)["status"], "failed");
    assert_eq!(leftovers(&product), [""; 0]);
}

/// The runs are in one process, because the process ids of runs in several containers may be equal as well.
#[test]
fn runs_with_equal_process_ids_do_not_share_drafts() {
    const RUNS: usize = 8;

    let product = Product::shop();
    let definition = Definition::read(&product.path(""), None, None).unwrap();
    let start = Barrier::new(RUNS);
    thread::scope(|scope| {
        let run = || {
            start.wait();
            pipeline::run(&definition, &RunId::new()).map(|_| ())
        };
        let runs: Vec<_> = (0..RUNS).map(|_| scope.spawn(run)).collect();
        for run in runs {
            run.join().unwrap().unwrap();
        }
    });
    assert_eq!(orders(&product), 2);
    assert_eq!(leftovers(&product), [""; 0]);
}

/// Returns a product whose last run was a success and whose next run builds other tables, with the last results.
fn changed() -> (Product, serde_json::Value) {
    let product = Product::shop();
    product.run().assert_ok();
    product.write("data/orders.csv", "order_id,ordered_on\n1,2024-01-31\n2,\n3,\n");
    let last = results(&product);
    (product, last)
}

/// Asserts that the tables are whole after an interruption, and that the results of a success are those of the run that
/// built the tables.
#[track_caller]
fn assert_consistent(product: &Product, last: &serde_json::Value, at: usize) {
    let orders = orders(product);
    assert!([2, 3].contains(&orders), "at {at}: {orders}");
    let _ = product.json(".floe/compiled_artifacts.json");
    if !product.path(RESULTS).exists() {
        return;
    }
    let results = results(product);
    match results["status"].as_str().unwrap() {
        "success" if results["run_id"] == last["run_id"] => assert_eq!(orders, 2, "at {at}"),
        "success" => assert_eq!(orders, 3, "at {at}"),
        "started" | "failed" => assert_ne!(results["run_id"], last["run_id"], "at {at}"),
        status => panic!("at {at}: {status}"),
    }
}

#[test]
fn a_run_that_is_killed_before_any_of_its_calls_can_be_repeated() {
    let faults = Faults::new();
    let (mut killed, mut started) = (0, 0);
    for at in 1.. {
        let (product, last) = changed();
        let status = faults.run(&product, "kill", at);
        if status.code == Some(0) {
            break;
        }
        killed += 1;
        assert_consistent(&product, &last, at);
        let has_results = product.path(RESULTS).exists();
        started += u32::from(has_results && results(&product)["status"] == "started");
        product.run().assert_ok();
        assert_eq!(orders(&product), 3, "at {at}");
        assert_eq!(results(&product)["status"], "success", "at {at}");
        assert!(!product.path(FAILED).exists(), "at {at}");
    }
    // The calls create, write, synchronize, rename and remove the files of a run.
    assert!(killed > 30, "{killed} {started}");
    assert!(started > 10, "{killed} {started}");
}

#[test]
fn a_run_on_a_full_disk_fails_and_can_be_repeated() {
    let faults = Faults::new();
    let mut failed = 0;
    for at in 1.. {
        let (product, last) = changed();
        let output = faults.run(&product, "full", at);
        if output.code == Some(0) {
            break;
        }
        failed += 1;
        assert_eq!(output.code, Some(1), "at {at}: {}", output.stderr);
        let errors =
            output.stderr.matches("error: ").count() + output.stderr.matches("  ✗ ").count();
        assert_eq!(errors, 1, "at {at}: {}", output.stderr);
        assert_consistent(&product, &last, at);
        assert_eq!(leftovers(&product), [""; 0], "at {at}");
        if product.path(RESULTS).exists() && results(&product)["run_id"] != last["run_id"] {
            assert_ne!(results(&product)["status"], "success", "at {at}");
        }
        product.run().assert_ok();
        assert_eq!(orders(&product), 3, "at {at}");
    }
    assert!(failed > 20, "{failed}");
}

/// The contents are synchronized before the name, so that no name stands for missing contents after a power failure.
#[test]
fn what_is_published_is_synchronized_before_and_after() {
    let faults = Faults::new();
    let product = Product::shop();
    let output = faults.run(&product, "none", 0);
    output.assert_code(0);
    let calls = faults.calls();
    let folder = product.path(".floe").to_str().unwrap().to_owned();
    for name in ["warehouse.db", "run_results.json", "objects/retail/shop/totals.csv"] {
        let target = format!("{folder}/{name}");
        let folder = target.rsplit_once('/').unwrap().0;
        let renamed = |call: &String| call.starts_with("rename ") && call.ends_with(&target);
        let at = calls.iter().position(renamed).unwrap();
        let draft = calls[at].split(' ').nth(1).unwrap();
        let last_write = calls.iter().rposition(|call| *call == format!("write {draft}")).unwrap();
        let synchronized = calls.iter().position(|call| *call == format!("fsync {draft}"));
        let synchronized = synchronized.unwrap_or_else(|| panic!("{name}: {calls:#?}"));
        assert!(last_write < synchronized, "{name}: {calls:#?}");
        assert!(synchronized < at, "{name}: {calls:#?}");
        assert_eq!(calls[at + 1], format!("fsync {folder}"), "{name}: {calls:#?}");
    }
}

#[test]
fn each_folder_that_is_created_is_synchronized() {
    let product = Product::shop();
    product.replace(
        "floe.yaml",
        "data/orders.csv\n    columns",
        "new/a/b/orders.csv\n    generate: seed.sql\n    columns",
    );
    product.write("seed.sql", "SELECT 1 AS order_id, '2024-01-31' AS ordered_on");
    let faults = Faults::new();
    let output = faults.run(&product, "none", 0);
    output.assert_code(0);
    let calls = faults.calls();
    let root = product.path("").to_str().unwrap().to_owned();
    let root = root.trim_end_matches('/');
    for folder in ["", "/new", "/new/a", "/new/a/b"] {
        let call = format!("fsync {root}{folder}");
        assert!(calls.contains(&call), "{call}: {calls:#?}");
    }
}

#[test]
fn files_with_data_are_private_and_replaced_files_keep_their_permissions() {
    let product = Product::shop();
    product.remove("data/orders.csv");
    product.replace("floe.yaml", "    columns", "    generate: seed.sql\n    columns");
    product.write("seed.sql", "SELECT 1 AS order_id, '2024-01-31' AS ordered_on");
    product.run().assert_ok();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for (path, expected) in [
        (WAREHOUSE, 0o600),
        (RESULTS, 0o600),
        ("data/orders.csv", 0o600),
        (".floe/compiled_artifacts.json", 0o644),
    ] {
        assert_eq!(mode(product.path(path)), expected, "{path}");
    }
    let shared = fs::Permissions::from_mode(0o640);
    fs::set_permissions(product.path(WAREHOUSE), shared).unwrap();
    product.run().assert_ok();
    assert_eq!(mode(product.path(WAREHOUSE)), 0o640);
}
