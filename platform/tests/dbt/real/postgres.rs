//! Runs of a product on a real `PostgreSQL`, whose models real dbt builds with one command. `PIPELINE_POSTGRES` is the
//! folder of its programs.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};

use floe as _;
use floe_plugin::compute::{ComputeEngine, RecordedRun};
use floe_plugin::{PluginType, Plugins, Selection};
use floe_tests::{ReceivedSpan, ReceivedStatus, Receiver, ReservedPort, Value, tree};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::command::real;
use crate::setup::{bytes, error_message, floe, single, text, text_of};

const PASSWORD: &str = "Kx7wQ2vTn9LmZr4p";

/// Debian's user without rights, as which root starts the server.
const NOBODY: u32 = 65534;

/// A server on a port of its own, with the database `shop` and the user `floe`.
struct Server {
    programs: PathBuf,
    folder: TempDir,
    port: ReservedPort,
    process: Option<Child>,
}

impl Server {
    fn start() -> Self {
        let programs = std::env::var_os("PIPELINE_POSTGRES");
        let programs = programs.expect("PIPELINE_POSTGRES: expected the folder of its programs");
        let mut server = Self {
            programs: programs.into(),
            folder: tempfile::tempdir().unwrap(),
            port: ReservedPort::new(),
            process: None,
        };
        let password = server.path("password");
        fs::write(&password, PASSWORD).unwrap();
        if is_root() {
            for path in [server.folder.path(), &password] {
                chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        let made = server
            .program("initdb")
            .args(["--username=floe", "--auth=scram-sha-256", "--no-sync"])
            .arg("--encoding=UTF8")
            .arg("--pwfile")
            .arg(&password)
            .arg(server.path("data"))
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", text_of(&made.stderr));
        server.resume();
        server.psql("postgres", "CREATE DATABASE shop");
        server
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// A program of the server, which refuses to run as root.
    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            let user = format!("--reuid={NOBODY}");
            command.args([&user, &format!("--regid={NOBODY}"), "--clear-groups"]);
            command.arg(program);
            command
        } else {
            Command::new(program)
        };
        command.env("LC_ALL", "C").current_dir(self.folder.path());
        command
    }

    fn resume(&mut self) {
        let mut process = self
            .program("postgres")
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k", ""])
            .args(["-p", &self.port.number().to_string(), "-D"])
            .arg(self.path("data"))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let is_ready = lines.any(|line| line.unwrap().contains("ready to accept connections"));
        assert!(is_ready);
        // Nobody reads its log, but it has to be written.
        std::thread::spawn(|| lines.for_each(drop));
        self.process = Some(process);
    }

    fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let id = process.id().to_string();
            let _ = Command::new("kill").args(["-INT", &id]).status();
            let _ = process.wait();
        }
    }

    fn psql_command(&self, database: &str) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"])
            .args(["-h", "127.0.0.1", "-p", &self.port.number().to_string()])
            .args(["-U", "floe", "-d", database])
            .env("PGPASSWORD", PASSWORD);
        command
    }

    /// The lines of the result of a statement.
    #[track_caller]
    fn psql(&self, database: &str, sql: &str) -> Vec<String> {
        let output = self.psql_command(database).args(["-c", sql]).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", text_of(&output.stderr));
        text_of(&output.stdout).lines().map(str::to_owned).collect()
    }

    fn schemas(&self) -> Vec<String> {
        self.psql(
            "shop",
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|information_schema|public' ORDER BY 1",
        )
    }

    /// The tables and the views of the warehouse.
    fn tables(&self) -> Vec<String> {
        self.psql(
            "shop",
            "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('retail') AND relkind IN ('r', 'v') ORDER BY 1",
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// A product on a server, and a receiver.
struct Shop {
    folder: TempDir,
    server: Server,
    receiver: Receiver,
    path: String,
}

impl Shop {
    fn new() -> Self {
        let shop = Self {
            folder: tempfile::tempdir().unwrap(),
            server: Server::start(),
            receiver: Receiver::grpc(),
            path: real(),
        };
        shop.manifest("shop");
        shop.write(
            "floe.yaml",
            "name: shop\nversion: 1.0.0\nsources:\n  - name: orders\n    path: orders.csv\n    columns:\n      \
             - { name: id, type: integer }\n      - { name: note, type: text }\n      - { name: day, type: date }\n\
             models:\n  - name: stg_orders\n    layer: bronze\n    checks: [{ unique: id }]\n  - name: recent\n    \
             layer: silver\n    materialization: view\n  - name: totals\n    layer: gold\n",
        );
        shop.write(
            "orders.csv",
            "id,note,day\n1,\"a \"\"q\"\", \\! 'ü'\",2026-01-31\n2,,\n3,\"c\n\\.\nd\",2026-02-01\n",
        );
        let reads = |name: &str| format!("SELECT * FROM {{{{ ref('{name}') }}}}");
        let orders = "SELECT id, note, day FROM {{ source('orders') }}";
        shop.write("models/stg_orders.sql", orders);
        let recent = format!("{} WHERE day > '2026-01-01'", reads("stg_orders"));
        shop.write("models/recent.sql", &recent);
        shop.write("models/totals.sql", "SELECT count(*) AS orders FROM {{ ref('recent') }}");
        shop
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn manifest(&self, database: &str) {
        let psql = self.server.programs.join("psql");
        let (port, psql) = (self.server.port.number(), psql.display());
        self.write(
            "manifest.yaml",
            &format!(
                "name: platform\nnamespace: retail\nplugins:\n  compute: {{ type: postgres, command: '{psql}', \
                 host: 127.0.0.1, port: {port}, database: {database}, schema: retail, user: floe, \
                 password: '${{env:SHOP_PASSWORD}}' }}\n  dbt: {{ type: core, build_models: true }}\n  \
                 lineage_backend: {{ type: file }}\n"
            ),
        );
    }

    /// Puts a script in the place of `psql`.
    fn program(&self, script: &str) {
        self.write("psql", script);
        let program = self.folder.path().join("psql");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let manifest = self.folder.path().join("manifest.yaml");
        let text = fs::read_to_string(&manifest).unwrap();
        let psql = self.server.programs.join("psql").display().to_string();
        self.write("manifest.yaml", &text.replace(&psql, "./psql"));
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut floe = floe();
        floe.args(words)
            .current_dir(self.folder.path())
            .env("PATH", &self.path)
            .env("SHOP_PASSWORD", PASSWORD)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", self.receiver.endpoint());
        floe
    }

    fn floe(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    #[track_caller]
    fn succeeds(&self, words: &[&str]) -> String {
        let output = self.floe(words);
        let stderr = text_of(&output.stderr);
        assert!(output.status.success(), "{stderr}");
        stderr
    }

    #[track_caller]
    fn fails(&self, words: &[&str], code: i32) -> String {
        let output = self.floe(words);
        let stderr = text_of(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        stderr
    }

    /// The id of the last run, from the file of this host.
    fn last_run_id(&self) -> String {
        let path = self.folder.path().join(".floe/run_results.json");
        let results: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        results["run_id"].as_str().unwrap().to_owned()
    }

    /// Another checkout of the product, as another host has it.
    fn checkout(&self) -> TempDir {
        let checkout = tempfile::tempdir().unwrap();
        let files = ["floe.yaml", "manifest.yaml", "models", "orders.csv"];
        let mut copy = Command::new("cp");
        copy.arg("-r").args(files).arg(checkout.path());
        let status = copy.current_dir(self.folder.path()).status();
        assert!(status.unwrap().success());
        checkout
    }

    /// `floe find` on another host.
    fn find_elsewhere(&self, id: &str) -> Output {
        let checkout = self.checkout();
        let mut find = self.command(&["find", ".", id, "--json"]);
        let output = find.current_dir(checkout.path()).output().unwrap();
        assert!(!checkout.path().join(".floe").exists());
        output
    }

    /// The run that it finds.
    #[track_caller]
    fn found_elsewhere(&self, id: &str) -> Json {
        let output = self.find_elsewhere(id);
        assert_eq!(text_of(&output.stderr), "");
        let mut found: Json = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(found["runs"].as_array().unwrap().len(), 1);
        found["runs"][0].take()
    }

    /// Waits until a session of the server matches the condition.
    fn wait_for_session(&self, run: &mut Child, condition: &str) {
        let count = format!("SELECT count(*) FROM pg_stat_activity WHERE {condition}");
        while self.server.psql("shop", &count) != ["1"] {
            assert_eq!(run.try_wait().unwrap(), None);
        }
    }

    /// Kills a run when a session of the server matches the condition.
    #[track_caller]
    fn kill_when(&self, condition: &str) {
        let temporary = tempfile::tempdir().unwrap();
        let mut run = self.command(&["run", "."]);
        run.env("TMPDIR", temporary.path()).stderr(Stdio::piped());
        let mut run = run.spawn().unwrap();
        self.wait_for_session(&mut run, condition);
        run.kill().unwrap();
        assert_eq!(run.wait().unwrap().signal(), Some(9));
        // No row of a source is left on the disk.
        assert_eq!(files_with("2026-01-31", temporary.path()), "");
        assert_eq!(self.found_elsewhere(&self.last_run_id())["status"], "started");
    }

    /// The spans of the last run.
    fn last(&self) -> Vec<ReceivedSpan> {
        let spans = self.receiver.spans();
        let roots = spans.iter().filter(|it| it.name == "floe.pipeline.run");
        let last = roots.max_by_key(|it| it.start_unix_nano).unwrap();
        let id = last.trace_id.clone();
        spans.into_iter().filter(|it| it.trace_id == id).collect()
    }

    /// No session, lock or draft of a run is left.
    fn assert_no_rest(&self) {
        assert_eq!(self.server.schemas(), ["retail", "retail__runs"]);
        let sessions =
            "SELECT query FROM pg_stat_activity WHERE datname = 'shop' AND pid <> pg_backend_pid()";
        while self.server.psql("shop", sessions) != [""; 0] {}
        self.assert_no_password();
    }

    /// The password is in no request and in no file.
    fn assert_no_password(&self) {
        assert!(!bytes(&self.receiver).contains(PASSWORD));
        assert_eq!(files_with(PASSWORD, self.folder.path()), "");
    }
}

/// The files below a folder that contain a text.
fn files_with(text: &str, folder: &Path) -> String {
    let mut grep = Command::new("grep");
    let found = grep.args(["-r", "-l", "-a", text]).arg(folder).output();
    text_of(&found.unwrap().stdout)
}

/// A session that holds the lock of the warehouse, as another run does.
fn lock(server: &Server) -> (Child, ChildStdin) {
    hold(server, "pg_advisory_lock(hashtextextended('floe retail', 0))")
}

/// A session that has called a function.
fn hold(server: &Server, function: &str) -> (Child, ChildStdin) {
    let mut command = server.psql_command("shop");
    let mut held = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = held.stdin.take().unwrap();
    writeln!(stdin, "SELECT {function}; SELECT 'held';").unwrap();
    let lines = BufReader::new(held.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|it| it == "held"));
    (held, stdin)
}

#[test]
fn real_postgres_has_the_tables_of_a_run_of_one_dbt_command() {
    let shop = Shop::new();
    shop.succeeds(&["compile", "."]);
    let profile = fs::read_to_string(shop.folder.path().join(".floe/dbt/profiles.yml")).unwrap();
    let reference = "env_var('DBT_ENV_SECRET_FLOE_POSTGRES_PASSWORD', '')";
    assert!(profile.contains(reference), "{profile}");

    let stderr = shop.succeeds(&["run", "."]);
    assert!(
        stderr.contains("3 models and 1 source built, 0 failed · 1 check passed, 0 failed · "),
        "{stderr}"
    );
    let port = shop.server.port.number();
    let tables = format!("tables   postgresql://127.0.0.1:{port}/shop schema retail\n");
    assert!(stderr.contains(&tables), "{stderr}");
    assert_eq!(shop.server.tables(), ["orders", "recent", "stg_orders", "totals"]);
    assert_eq!(shop.server.schemas(), ["retail", "retail__runs"]);
    let rows = "SELECT id, note, note IS NULL, day FROM retail.recent ORDER BY id";
    assert_eq!(
        shop.server.psql("shop", rows),
        ["1|a \"q\", \\! 'ü'|f|2026-01-31", "3|c", "\\.", "d|f|2026-02-01"]
    );
    assert_eq!(shop.server.psql("shop", "TABLE retail.totals"), ["2"]);

    let spans = shop.last();
    let is_error = |it: &ReceivedSpan| matches!(it.status, ReceivedStatus::Error(_));
    assert!(!spans.iter().any(is_error), "{}", tree(&spans));
    let root = single(&spans, "floe.pipeline.run");
    let command = single(&spans, "dbt.run");
    let id = text(command, "dbt.invocation_id");
    assert!(id.is_some());
    for (model, rows) in [("stg_orders", 3), ("recent", 2), ("totals", 1)] {
        let node = single(&spans, &format!("dbt.model.{model}"));
        assert_eq!(node.parent_span_id, command.span_id, "{}", tree(&spans));
        let asset = single(&spans, &format!("floe.asset.{model}"));
        let found = &asset.attributes["floe.transform.rows_affected"];
        assert_eq!(found, &Value::Int(rows), "{model}");
        assert_eq!(text(asset, "dbt.invocation_id"), id);
    }
    let node = single(&spans, "dbt.model.stg_orders");
    assert_eq!(node.attributes["dbt.rows_affected"], Value::Int(3));
    let ids = Value::Array(vec![id.as_deref().unwrap().into()]);
    assert_eq!(root.attributes["floe.pipeline.dbt_invocation_ids"], ids);
    single(&spans, "quality.run_checks");
    single(&spans, "compute.publish");
    let load = single(&spans, "compute.load");
    assert_eq!(text(load, "db.system.name").as_deref(), Some("postgresql"));
    let address = format!("postgresql://127.0.0.1:{port}/shop schema retail");
    assert_eq!(text(load, "compute.db_path"), Some(address));
    let lineage = fs::read_to_string(shop.folder.path().join(".floe/lineage.jsonl")).unwrap();
    let of_node = lineage
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap())
        .find(|it| it["job"]["name"] == "model.shop.totals" && it["eventType"] == "COMPLETE")
        .unwrap();
    assert_eq!(of_node["outputs"][0]["namespace"], format!("postgres://127.0.0.1:{port}"));
    assert_eq!(of_node["outputs"][0]["name"], "shop.retail.totals");
    shop.assert_no_password();
}

/// Each kind of check whose query `PostgreSQL` may run differently from `SQLite`, which `platform/tests/it/checks.rs` uses.
#[test]
fn real_postgres_runs_each_kind_of_check() {
    let shop = Shop::new();
    let replace = |path: &str, from: &str, to: &str| {
        let text = fs::read_to_string(shop.folder.path().join(path)).unwrap();
        assert!(text.contains(from), "{text}");
        shop.write(path, &text.replacen(from, to, 1));
    };
    replace("manifest.yaml", "{ type: core, build_models: true }", "{ type: none }");
    replace(
        "manifest.yaml",
        "  lineage_backend",
        "  quality: { type: sql, on_failure: continue }\n  lineage_backend",
    );
    let unique = "{ unique: id }";
    let checks = "{ unique: id }, { not_null: day }, { unique: same }";
    replace("floe.yaml", unique, checks);
    shop.write("models/stg_orders.sql", "SELECT *, 1 AS same FROM {{ source('orders') }}");
    let stderr = shop.succeeds(&["run", "."]);
    let counts = "3 models and 1 source built, 0 failed · 1 check passed, 2 failed · ";
    assert!(stderr.contains(counts), "{stderr}");
    for found in ["`not_null_day`: 1 row; ", "`unique_same`: 2 rows"] {
        assert!(stderr.contains(found), "{found}\n{stderr}");
    }
}

#[test]
fn real_postgres_keeps_the_last_good_tables_of_a_failed_run() {
    let shop = Shop::new();
    shop.succeeds(&["run", "."]);
    let wrong = "SELECT count(*) AS orders, nope FROM {{ ref('recent') }}";
    shop.write("models/totals.sql", wrong);
    shop.write("orders.csv", "id,note,day\n7,,2026-03-01\n");
    let stderr = shop.fails(&["run", "."], 1);
    assert!(
        stderr.contains("2 models and 1 source built, 1 failed · 1 check passed, 0 failed · "),
        "{stderr}"
    );
    assert!(stderr.contains("models/totals.sql:1:28: dbt: "), "{stderr}");
    assert!(stderr.contains("column \"nope\" does not exist"), "{stderr}");
    assert!(stderr.contains("retail (unchanged)"), "{stderr}");
    assert_eq!(shop.server.psql("shop", "TABLE retail.totals"), ["2"]);
    let spans = shop.last();
    for name in ["dbt.model.totals", "dbt.run", "floe.asset.totals"] {
        let message = error_message(single(&spans, name));
        assert!(message.contains("\"nope\" does not exist"), "{message}");
    }
    assert!(error_message(single(&spans, "floe.pipeline.run")).contains("1 of 4 assets failed"));

    // The draft of that run, and what an aborted one leaves, do not disturb the next.
    let schemas = shop.server.schemas();
    let [_, draft, _] = &*schemas else {
        panic!("{schemas:?}");
    };
    assert!(draft.starts_with("retail__draft_"), "{draft}");
    let left = format!("CREATE SCHEMA retail__draft; CREATE TABLE {draft}.half (id int)");
    shop.server.psql("shop", &left);
    let right = "SELECT 10 * count(*) AS orders FROM {{ ref('recent') }}";
    shop.write("models/totals.sql", right);
    shop.succeeds(&["run", "."]);
    assert_eq!(shop.server.psql("shop", "TABLE retail.totals"), ["10"]);
    assert_eq!(shop.server.schemas(), ["retail", "retail__runs"]);
    assert_eq!(shop.server.tables(), ["orders", "recent", "stg_orders", "totals"]);
    assert_eq!(shop.server.psql("shop", "SELECT id FROM retail.recent"), ["7"]);
    shop.assert_no_password();
}

#[test]
fn real_postgres_that_refuses_is_one_clear_error() {
    let mut shop = Shop::new();
    let address = |database: &str| {
        let port = shop.server.port.number();
        format!("postgresql://127.0.0.1:{port}/{database} schema retail: ")
    };
    let (of_shop, of_none) = (address("shop"), address("none"));

    let mut wrong = shop.command(&["run", "."]);
    let output = wrong.env("SHOP_PASSWORD", "Wr0ngWr0ngWr0ng").output();
    let output = output.unwrap();
    let stderr = text_of(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let reason = "password authentication failed for user \"floe\"";
    assert!(stderr.contains(&format!("{of_shop}{reason}")), "{stderr}");
    let spans = shop.last();
    let created = single(&spans, "compute.create_database");
    assert!(error_message(created).contains(reason), "{}", tree(&spans));
    assert!(!bytes(&shop.receiver).contains("Wr0ngWr0ng"));

    shop.manifest("none");
    let stderr = shop.fails(&["run", "."], 1);
    let reason = "database \"none\" does not exist";
    assert!(stderr.contains(&format!("{of_none}{reason}")), "{stderr}");
    shop.manifest("shop");

    // Tables of others are not replaced.
    shop.server.psql("shop", "CREATE SCHEMA retail; CREATE TABLE retail.others (id int)");
    let stderr = shop.fails(&["run", "."], 1);
    assert!(stderr.contains("the schema retail has tables that are not of floe"), "{stderr}");
    assert_eq!(shop.server.tables(), ["others"]);
    shop.server.psql("shop", "DROP SCHEMA retail CASCADE");

    let (mut held, stdin) = lock(&shop.server);
    let stderr = shop.fails(&["run", "."], 1);
    assert!(stderr.contains("another run builds"), "{stderr}");
    drop(stdin);
    held.wait().unwrap();

    let mut without = shop.command(&["run", "."]);
    let hidden = "import sys\nsys.modules['dbt.adapters.postgres'] = None\n";
    shop.write("hidden/sitecustomize.py", hidden);
    without.env("PYTHONPATH", shop.folder.path().join("hidden"));
    let output = without.output().unwrap();
    let stderr = text_of(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("Could not find adapter type postgres"), "{stderr}");

    shop.server.stop();
    let stderr = shop.fails(&["run", "."], 1);
    assert!(stderr.contains(&format!("{of_shop}Connection refused")), "{stderr}");
    assert!(error_message(single(&shop.last(), "floe.pipeline.run")).contains("refused"));
    // It is not needed to compile.
    shop.succeeds(&["compile", "."]);
    shop.server.resume();
    shop.succeeds(&["run", "."]);
    shop.assert_no_password();
}

#[test]
fn real_postgres_is_left_as_it_was_by_a_run_that_a_signal_ends() {
    let shop = Shop::new();
    shop.succeeds(&["run", "."]);
    let good = "SELECT count(*) AS orders FROM {{ ref('recent') }}";
    let slow = "SELECT 0 AS orders, pg_sleep(600)::text AS slept";
    shop.write("models/totals.sql", slow);
    let mut run = shop.command(&["run", "."]);
    let mut run = run.stderr(Stdio::piped()).spawn().unwrap();
    let sleeps = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    while shop.server.psql("shop", sleeps) != ["1"] {
        assert_eq!(run.try_wait().unwrap(), None);
    }
    let id = run.id().to_string();
    Command::new("kill").args(["-TERM", &id]).status().unwrap();
    let output = run.wait_with_output().unwrap();
    let stderr = text_of(&output.stderr);
    assert_eq!(output.status.signal(), Some(15), "{stderr}");
    assert_eq!(shop.server.psql("shop", "TABLE retail.totals"), ["2"]);
    let run_id = shop.last_run_id();
    assert_eq!(shop.found_elsewhere(&run_id)["status"], "failed");
    let spans = shop.last();
    assert!(error_message(single(&spans, "dbt.run")).contains("signal"));
    single(&spans, "dbt.model.totals");

    // The server still runs the query, which the next run does not wait for.
    assert_eq!(shop.server.psql("shop", sleeps), ["1"]);
    shop.write("models/totals.sql", good);
    shop.succeeds(&["run", "."]);
    assert_eq!(shop.server.psql("shop", sleeps), ["0"]);
    assert_eq!(shop.server.schemas(), ["retail", "retail__runs"]);
    shop.assert_no_password();
}

/// A run is found by each of its ids, which are no arguments of a program.
fn assert_found_by_each_id(shop: &Shop) {
    let run_id = shop.last_run_id();
    let here = shop.floe(&["find", ".", &run_id, "--json"]);
    let here: Json = serde_json::from_slice(&here.stdout).unwrap();
    let found = shop.found_elsewhere(&run_id);
    assert_eq!(here["runs"], json!([found]));
    assert_eq!(found["status"], "success");
    let jobs = found["jobs"].as_array().unwrap();
    assert_eq!(jobs.len(), 4);
    for id in [
        &found["trace_id"],
        &found["span_id"],
        &jobs[0]["lineage_run_id"],
        &jobs[3]["dbt_invocation_id"],
    ] {
        assert_eq!(shop.found_elsewhere(id.as_str().unwrap()), found);
    }
    let arguments = fs::read_to_string(shop.folder.path().join("arguments")).unwrap();
    assert!(arguments.contains("retail__runs.runs"), "{arguments}");
    assert!(!arguments.contains(&run_id), "{arguments}");
    let root = single(&shop.last(), "floe.pipeline.run").span_id.clone();
    let recorded = shop.last().into_iter().filter(|it| it.name == "compute.record_run");
    assert_eq!(recorded.filter(|it| it.parent_span_id == root).count(), 2);
}

/// A run that failed is found, and its id is returned. One that another one keeps from the warehouse is that of its host
/// alone.
fn failed_run(shop: &Shop) -> String {
    shop.write("models/totals.sql", "SELECT nope FROM {{ ref('recent') }}");
    shop.fails(&["run", "."], 1);
    let failed = shop.last_run_id();
    assert_eq!(shop.found_elsewhere(&failed)["status"], "failed");
    let (mut held, stdin) = lock(&shop.server);
    shop.fails(&["run", "."], 1);
    drop(stdin);
    held.wait().unwrap();
    let refused = shop.last_run_id();
    assert_eq!(shop.find_elsewhere(&refused).status.code(), Some(1));
    assert!(shop.floe(&["find", ".", &refused]).status.success());
    failed
}

/// The server is not there.
fn assert_found_here_alone(shop: &mut Shop, run_id: &str) {
    shop.server.stop();
    let here = shop.floe(&["find", ".", run_id]);
    assert!(text_of(&here.stdout).contains(run_id));
    let warning = "warning: only the runs of this host are known: the compute plugin `postgres`: ";
    let stderr = text_of(&here.stderr);
    assert!(stderr.starts_with(warning), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert_eq!(here.status.code(), Some(0));
    shop.server.resume();
}

/// The server refuses to record a run, which is then found on its host.
fn assert_not_recorded(shop: &Shop) {
    shop.server.psql(
        "shop",
        "DROP TABLE retail__runs.runs; CREATE VIEW retail__runs.runs AS SELECT 1 AS one",
    );
    shop.write("models/totals.sql", "SELECT 7 AS orders");
    let stderr = shop.succeeds(&["run", "."]);
    let warnings: Vec<&str> = stderr.lines().filter(|it| it.starts_with("warning: ")).collect();
    let [warning] = *warnings else { panic!("{stderr}") };
    assert!(
        warning.starts_with(
            "warning: other hosts do not find the run: the compute plugin `postgres`: "
        ),
        "{stderr}"
    );
    let run_id = shop.last_run_id();
    let here = shop.floe(&["find", ".", &run_id]);
    assert!(text_of(&here.stdout).starts_with("run of shop 1.0.0 (dev): success\n"));
}

#[test]
fn real_postgres_knows_the_runs_of_all_hosts() {
    let mut shop = Shop::new();
    // Before the first run.
    let none = shop.find_elsewhere("none");
    assert_eq!(none.status.code(), Some(1));
    assert!(!text_of(&none.stderr).contains("warning"));
    let psql = shop.server.programs.join("psql");
    let log = "#!/bin/sh\necho \"$@\" >> arguments\nexec";
    shop.program(&format!("{log} '{}' \"$@\"\n", psql.display()));
    shop.succeeds(&["run", "."]);
    shop.manifest("shop");
    assert_found_by_each_id(&shop);
    let failed = failed_run(&shop);
    assert_found_here_alone(&mut shop, &failed);
    assert_not_recorded(&shop);
    shop.assert_no_password();
}

#[test]
fn real_postgres_loses_no_record_of_hosts_that_write_at_the_same_time() {
    let server = Server::start();
    let config = json!({
        "command": server.programs.join("psql"), "host": "127.0.0.1", "port": server.port.number(), "database": "shop",
        "schema": "retail", "user": "floe", "password": format!("${{file:{}}}", server.path("password").display()),
    });
    // What a text may be.
    let text = |number: usize| {
        json!({ "run": number, "text": "a 'b' \"c\" \\. \\! $$ :d \0\n ü" }).to_string()
    };
    let record = |number: usize, kept: usize| {
        let selection = Selection::new(PluginType::Compute, "postgres", config.clone());
        let host = Plugins::configure(&[selection]).unwrap();
        host.start().unwrap();
        let engine = host.one::<dyn ComputeEngine>().unwrap();
        let (id, record) = (number.to_string(), text(number));
        engine.record_run(&RecordedRun { id: &id, record: &record, kept }).unwrap();
        engine.recorded_runs(1000).unwrap()
    };
    assert_eq!(record(0, 100), [text(0)]);
    std::thread::scope(|scope| {
        for host in 0..4 {
            scope.spawn(move || (0..10).for_each(|number| drop(record(10 * host + number, 100))));
        }
    });
    // The record of a run is replaced, and is the newest.
    let mut all = record(7, 100);
    assert_eq!(all[0], text(7));
    let newest = all[..5].to_vec();
    all.sort();
    let mut expected: Vec<String> = (0..40).map(text).collect();
    expected.sort();
    assert_eq!(all, expected);
    assert_eq!(record(7, 5), newest);
}

#[test]
fn real_postgres_is_left_as_it_was_by_a_run_that_is_killed_in_a_copy() {
    let shop = Shop::new();
    shop.succeeds(&["run", "."]);
    shop.server.psql(
        "shop",
        "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_sleep(600); RETURN NULL; END $$; \
         CREATE FUNCTION add() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF to_regclass('orders') IS NOT NULL THEN \
         CREATE TRIGGER hold BEFORE INSERT ON orders EXECUTE FUNCTION public.hold(); END IF; END $$; \
         CREATE EVENT TRIGGER add ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION add()",
    );
    shop.kill_when("query LIKE 'COPY%' AND wait_event = 'PgSleep'");
    assert_eq!(shop.server.psql("shop", "TABLE retail.totals"), ["2"]);
    shop.server.psql("shop", "DROP EVENT TRIGGER add");
    shop.succeeds(&["run", "."]);
    shop.assert_no_rest();
}

#[test]
fn real_postgres_is_left_as_it_was_by_a_run_that_is_killed_in_dbt() {
    let shop = Shop::new();
    shop.succeeds(&["run", "."]);
    let good = "SELECT count(*) AS orders FROM {{ ref('recent') }}";
    shop.write("models/totals.sql", "SELECT 0 AS orders, pg_sleep(600)::text AS slept");
    shop.kill_when("wait_event = 'PgSleep'");
    assert_eq!(shop.server.psql("shop", "TABLE retail.totals"), ["2"]);
    shop.write("models/totals.sql", good);
    shop.succeeds(&["run", "."]);
    assert_eq!(shop.server.psql("shop", "TABLE retail.totals"), ["2"]);
    shop.assert_no_rest();
}

#[test]
fn real_postgres_is_left_as_it_was_by_a_run_that_is_killed_in_the_swap() {
    let shop = Shop::new();
    shop.succeeds(&["run", "."]);
    let mut reader = shop.server.psql_command("shop");
    let mut reader = reader.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = reader.stdin.take().unwrap();
    stdin.write_all(b"BEGIN; TABLE retail.totals;\n").unwrap();
    let mut lines = BufReader::new(reader.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "2");
    shop.write("orders.csv", "id,note,day\n7,,2026-03-01\n");
    let swaps = "query LIKE 'DROP SCHEMA IF EXISTS retail CASCADE%' AND wait_event_type = 'Lock'";
    shop.kill_when(swaps);
    let killed = format!("SELECT pid FROM pg_stat_activity WHERE {swaps}");
    let killed = shop.server.psql("shop", &killed).remove(0);

    let mut run = shop.command(&["run", "."]).stderr(Stdio::piped()).spawn().unwrap();
    shop.wait_for_session(&mut run, &format!("{swaps} AND pid <> {killed}"));
    stdin.write_all(b"TABLE retail.totals; COMMIT;\n").unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "2");
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text_of(&output.stderr));
    assert_eq!(shop.server.psql("shop", "TABLE retail.totals"), ["1"]);
    drop(stdin);
    reader.wait().unwrap();
    shop.assert_no_rest();
}

#[test]
fn real_postgres_that_stops_in_a_run_has_its_last_good_tables() {
    let mut shop = Shop::new();
    shop.succeeds(&["run", "."]);
    let good = fs::read(shop.folder.path().join("models/totals.sql")).unwrap();
    let slow = "SELECT 0 AS orders, pg_sleep(600)::text AS slept";
    shop.write("models/totals.sql", slow);
    let mut run = shop.command(&["run", "."]);
    let mut run = run.stderr(Stdio::piped()).spawn().unwrap();
    shop.wait_for_session(&mut run, "wait_event = 'PgSleep'");
    shop.server.stop();
    let output = run.wait_with_output().unwrap();
    let stderr = text_of(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let warnings = stderr.lines().filter(|it| it.starts_with("warning: "));
    assert_eq!(warnings.count(), 1, "{stderr}");
    assert!(stderr.contains("warning: other hosts do not find the run: "));
    shop.server.resume();
    assert_eq!(shop.server.psql("shop", "TABLE retail.totals"), ["2"]);
    // The other hosts know of its start alone.
    let run_id = shop.last_run_id();
    assert_eq!(shop.found_elsewhere(&run_id)["status"], "started");
    let here = text_of(&shop.floe(&["find", ".", &run_id]).stdout);
    assert!(here.starts_with("run of shop 1.0.0 (dev): failed\n"), "{here}");
    fs::write(shop.folder.path().join("models/totals.sql"), good).unwrap();
    shop.succeeds(&["run", "."]);
    shop.assert_no_rest();
}

#[test]
fn real_postgres_is_not_replaced_by_a_run_whose_lock_is_lost() {
    let shop = Shop::new();
    shop.succeeds(&["run", "."]);
    let other = shop.checkout();
    let gate = shop.folder.path().join("gate");
    let made = Command::new("mkfifo").arg(&gate).status().unwrap();
    assert!(made.success());
    // Waits before it connects to replace the tables.
    let psql = shop.server.programs.join("psql");
    let waits = format!(
        "#!/bin/sh\ncase \"$*\" in *'RENAME TO retail'*) read line < '{}' ;; esac\nexec '{}' \"$@\"\n",
        gate.display(),
        psql.display()
    );
    shop.program(&waits);
    let first = shop.command(&["run", "."]).stderr(Stdio::piped()).spawn();
    let first = first.unwrap();
    // Opens when it is read.
    let gate = fs::OpenOptions::new().write(true).open(&gate).unwrap();
    let lost = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory'";
    assert_eq!(shop.server.psql("shop", lost), ["1"]);

    let (mut held, stdin) = hold(&shop.server, "pg_advisory_lock(7)");
    let slow = "SELECT 0 AS orders, pg_advisory_lock(7)::text AS held";
    fs::write(other.path().join("models/totals.sql"), slow).unwrap();
    let mut second = shop.command(&["run", "."]);
    let second = second.current_dir(other.path()).stderr(Stdio::piped()).spawn();
    let mut second = second.unwrap();
    shop.wait_for_session(&mut second, "wait_event = 'advisory'");
    drop(gate);
    let first = first.wait_with_output().unwrap();
    let stderr = text_of(&first.stderr);
    assert_eq!(first.status.code(), Some(1), "{stderr}");
    let reason = "is gone: this run has lost its lock, and another one has begun";
    assert!(stderr.contains(reason), "{stderr}");
    assert_eq!(shop.server.psql("shop", "TABLE retail.totals"), ["2"]);
    drop(stdin);
    held.wait().unwrap();
    let second = second.wait_with_output().unwrap();
    assert!(second.status.success(), "{}", text_of(&second.stderr));
    assert_eq!(shop.server.psql("shop", "SELECT orders FROM retail.totals"), ["0"]);
    shop.assert_no_rest();
}
