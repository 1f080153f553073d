//! Dagster itself: one trace, interruption, faults, and runs that its sensor requests.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use floe_tests::{ReceivedSpan, ReceivedStatus, before, tree};
use serde_json::{Value as Json, json};

use crate::models::{built_by_dbt, real_dbt, with_dbt};
use crate::setup;
use crate::setup::{
    Setup, TRACE_ID, assert_attributes, assert_history, assert_one_trace, assert_success,
    ended_with, is_error, linked, parent, single, text,
};

fn real() -> PathBuf {
    let folder = std::env::var_os("PIPELINE_DAGSTER");
    folder.expect("PIPELINE_DAGSTER: expected the folder of Dagster's programs").into()
}

fn events(programs: &Path, setup: &Setup) -> Json {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dagster/real/events.py");
    let home = setup.product.path(".floe/orchestrator/home");
    let output = Command::new(programs.join("python"))
        .arg(script)
        .env("DAGSTER_HOME", home)
        .output()
        .unwrap();
    assert_success(&output);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Asserts that the spans of the assets are below the run, and link to the spans of the assets that they read.
fn assert_tree(spans: &[ReceivedSpan], [orders, stg_orders, totals]: [&ReceivedSpan; 3]) {
    for (name, expected) in [
        ("floe.pipeline.run", ""),
        ("floe.compile", "floe.pipeline.run"),
        ("orchestrator.run", "floe.pipeline.run"),
        ("dagster.asset.orders", "orchestrator.run"),
        ("dagster.asset.stg_orders", "orchestrator.run"),
        ("dagster.asset.totals", "orchestrator.run"),
        ("quality.run_checks", "dagster.asset.stg_orders"),
    ] {
        assert_eq!(parent(spans, single(spans, name)), expected, "{name}");
    }
    assert!(orders.links.is_empty());
    assert_eq!(linked(spans, stg_orders), ["dagster.asset.orders"]);
    assert_eq!(linked(spans, totals), ["dagster.asset.stg_orders"]);
    let count = |name: &str| spans.iter().filter(|it| it.name == name).count();
    assert_eq!((count("dagster.io.read"), count("dagster.io.write")), (2, 3));
}

/// Asserts that the span of an asset has Dagster's ids, and that Dagster's event has the ids of the span.
fn assert_materialized(span: &ReceivedSpan, step: &str, run_id: &str, events: &Json) {
    let key = span.name.trim_start_matches("dagster.asset.");
    assert_attributes(
        span,
        &json!({ "dagster.asset_key": key, "dagster.step_key": step, "dagster.run_id": run_id, "dagster.retry_number": 0, "dagster.asset.status": "success" }),
    );
    let metadata = &events["materializations"][key];
    let typed = |kind: &str, value: &str| json!({ "type": kind, "value": value });
    let url = format!("http://jaeger:16686/trace/{TRACE_ID}");
    assert_eq!(metadata["floe/trace_id"], typed("TextMetadataValue", TRACE_ID));
    assert_eq!(metadata["floe/span_id"], typed("TextMetadataValue", &span.span_id));
    assert_eq!(metadata["floe/trace"], typed("UrlMetadataValue", &url));
}

fn assert_events(events: &Json) {
    let rows = |key: &str| &events["materializations"][key]["dagster/row_count"]["value"];
    assert_eq!((rows("orders"), rows("totals")), (&json!(2), &json!(1)));
    let check = &events["checks"]["unique_order_id"];
    assert_eq!((&check["passed"], &check["severity"]), (&json!(true), &json!("ERROR")));
    let log = events["log"].to_string();
    assert!(log.contains("trace: http://jaeger"), "{log}");
}

#[test]
fn real_dagster_is_one_trace_from_the_command_line_to_the_models_of_dbt() {
    let dagster = real().join("dagster");
    let (setup, above) = with_dbt(
        "dagster",
        &dagster,
        "2 models and 1 seed built, 0 failed · 1 check passed, 0 failed · ",
        "dagster.asset.",
    );
    assert_eq!(above, "dagster.step.shop_dbt");
    let spans = setup.spans();
    let step = single(&spans, "dagster.step.shop_dbt");
    assert_eq!(parent(&spans, step), "orchestrator.run");
    assert_attributes(step, &json!({ "orchestrator.asset_count": 3 }));
    let events = events(&real(), &setup);
    let run_id = events["runs"][0]["id"].as_str().unwrap();
    let keys = ["orders", "stg_orders", "totals"];
    let assets = keys.map(|key| single(&spans, &format!("dagster.asset.{key}")));
    for (key, asset) in keys.into_iter().zip(assets) {
        assert_eq!(parent(&spans, asset), "dbt.build");
        let node = spans.iter().find(|it| it.parent_span_id == asset.span_id).unwrap();
        assert!(node.name.ends_with(&format!(".{key}")), "{}", node.name);
        assert_materialized(asset, "shop_dbt", run_id, &events);
    }
    assert_eq!(
        assets.map(|it| linked(&spans, it).concat()),
        ["", "dagster.asset.orders", "dagster.asset.stg_orders"]
    );
    let check = &events["checks"]["unique_stg_orders_order_id"];
    assert_eq!(check["passed"], true);
    // `floe run`, `dbt parse` for the definitions, and one step for all assets.
    let processes = by_process(&spans);
    println!("{processes}");
    assert_eq!(processes.lines().count(), 3);
    let requests = setup.receiver.every_request();
    println!("{} bytes of OTLP", requests.iter().map(|it| it.body.len()).sum::<usize>());
}

#[test]
fn real_dagster_without_its_package_for_dbt_has_one_asset_for_a_project() {
    let setup = Setup::with_script("");
    let script = format!(
        "exec '{}' -c 'import sys; sys.modules[\"dagster_dbt\"] = None; import dagster._cli; dagster._cli.main()' \"$@\"",
        real().join("python").display()
    );
    let dagster = setup.program("dagster", &script);
    let built = "2 models and 1 seed built, 0 failed · 1 check passed, 0 failed · ";
    let (setup, above) = with_dbt("dagster", &dagster, built, "dbt.build");
    assert_eq!(above, "dagster.asset.shop_dbt");
    let spans = setup.spans();
    assert_eq!(parent(&spans, single(&spans, "dagster.asset.shop_dbt")), "orchestrator.run");
}

/// Returns a dbt project that Dagster runs, whose model `totals` has this query.
fn dbt_in_dagster(totals: &str) -> Setup {
    let setup = built_by_dbt(&real().join("dagster"), &real_dbt());
    setup.product.write("models/totals.sql", totals);
    setup
}

#[test]
fn real_dagster_keeps_the_nodes_that_dbt_built_before_one_failed() {
    let setup = dbt_in_dagster("select nothing from {{ ref('stg_orders') }}");
    setup.product.write("models/behind.sql", "select * from {{ ref('totals') }}");
    let output = setup.floe("run").args(["--orchestrator", "dagster"]).output().unwrap();
    let stderr = ended_with(&output, 1);
    assert!(stderr.contains("1 model and 1 seed built, 1 failed, 1 skipped"), "{stderr}");
    let spans = setup.spans();
    assert_one_trace(&spans);
    for (key, status) in [("orders", "success"), ("totals", "failed"), ("behind", "skipped")] {
        let asset = single(&spans, &format!("dagster.asset.{key}"));
        assert_attributes(asset, &json!({ "dagster.asset.status": status }));
    }
    assert!(is_error(single(&spans, "dagster.asset.totals"), "Binder Error"), "{}", tree(&spans));
    let events = events(&real(), &setup);
    assert_eq!(events["failures"], json!(["shop_dbt"]));
    let built: Vec<_> = events["materializations"].as_object().unwrap().keys().collect();
    assert_eq!(built, ["orders", "stg_orders"]);
}

/// Runs `selected.py` with the definitions of the product.
fn select(setup: &Setup, arguments: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dagster/real/selected.py");
    let mut python = Command::new(real().join("python"));
    for (name, value) in setup.floe("").get_envs() {
        if let Some(value) = value {
            python.env(name, value);
        }
    }
    let folder = setup.product.path(".floe/orchestrator");
    let output = python
        .arg(script)
        .args(arguments)
        .env("DAGSTER_HOME", folder.join("home"))
        .env("FLOE_PROGRAM", setup::FLOE)
        .current_dir(folder)
        .output()
        .unwrap();
    assert_success(&output);
    output
}

#[test]
fn real_dagster_builds_only_the_selected_nodes_and_checks() {
    let setup = dbt_in_dagster("select count(*) as all_orders from {{ ref('stg_orders') }}");
    // dbt's own selectors take `totals` for all of them.
    setup.product.write("models/totals/lines.sql", "select 1 as line");
    // dbt splits selectors at blanks and commas.
    setup.product.write("models/day, night +1/nights.sql", "select 1 as night");
    setup.product.write("models/day_ night +1/others.sql", "select 1 as night");
    setup.product.write("tests/totals.sql", "select 1 from {{ ref('orders') }} where false");
    let output = setup.floe("run").args(["--orchestrator", "dagster"]).output().unwrap();
    assert_success(&output);
    let check = "unique_stg_orders_order_id";
    for (selection, expected) in [
        ("assets('totals')".to_owned(), "model.totals"),
        ("assets('nights')".to_owned(), "model.nights"),
        ("assets('stg_orders')".to_owned(), "model.stg_orders test.unique_stg_orders_order_id"),
        ("assets('stg_orders').without_checks()".to_owned(), "model.stg_orders"),
        (format!("check('stg_orders', '{check}')"), "test.unique_stg_orders_order_id"),
        (
            format!("assets('totals') | check('stg_orders', '{check}')"),
            "model.totals test.unique_stg_orders_order_id",
        ),
    ] {
        let before = setup.spans().len();
        select(&setup, &[&selection]);
        let spans = setup.spans().split_off(before);
        let nodes = spans.iter().filter_map(|it| it.name.strip_prefix("dbt."));
        let mut nodes: Vec<_> = nodes.filter(|it| it.contains('.')).collect();
        nodes.sort_unstable();
        assert_eq!(nodes.join(" "), expected, "{selection}");
        // The manifest is that of the first run, so no process parsed the project.
        assert_eq!(by_process(&spans).lines().count(), 1, "{}", tree(&spans));
    }
}

#[test]
fn real_dagster_parses_a_project_once_after_each_change() {
    let setup = dbt_in_dagster("select count(*) as all_orders from {{ ref('stg_orders') }}");
    setup.compile();
    let seen = |expected: &str, parsed: usize| {
        let before = setup.spans().len();
        let output = text(&select(&setup, &[]).stdout);
        assert_eq!(output.lines().collect::<Vec<_>>(), [expected; 3]);
        let spans = setup.spans().split_off(before);
        assert_eq!(spans.iter().filter(|it| it.name == "dbt.parse").count(), parsed);
    };
    seen("orders stg_orders totals", 1);
    seen("orders stg_orders totals", 0);
    // Files of other programs are no change.
    setup.product.write(".venv/models/other.sql", "select 1");
    setup.product.write("notes.sql", "select 1");
    seen("orders stg_orders totals", 0);
    // dbt follows no links to folders.
    for link in ["models/a", "models/b"] {
        symlink("..", setup.product.path(link)).unwrap();
    }
    setup.product.remove("models/totals.sql");
    seen("orders stg_orders", 1);
    assert!(!setup.product.path("target/manifest.json").exists());
    // One process parses, and the others do not repeat its failure.
    setup.product.write("dbt_project.yml", "target-path: [a]");
    seen("shop_dbt", 1);
    for wrong in [&b"- a"[..], b"name: \xff", b"model-paths: [null, 1]"] {
        fs::write(setup.product.path("dbt_project.yml"), wrong).unwrap();
        assert_eq!(text(&select(&setup, &["--keys"]).stdout).lines().last(), Some("shop_dbt"));
    }
}

#[test]
fn real_dagster_builds_the_assets_of_a_product_in_its_trace() {
    let programs = real();
    let setup = Setup::new(&programs.join("dagster"), 0);
    let checks = "    layer: bronze\n    checks: [{ unique: order_id }]\n";
    setup.product.replace("floe.yaml", "    layer: bronze\n", checks);
    let output = setup.run();
    assert_success(&output);
    let spans = setup.spans();
    assert_one_trace(&spans);
    assert!(spans.iter().all(|it| it.status == ReceivedStatus::Ok), "{}", tree(&spans));
    assert!(setup.product.path(".floe/objects").exists(), "gold is published");
    let assets = ["orders", "stg_orders", "totals"]
        .map(|key| single(&spans, &format!("dagster.asset.{key}")));
    assert_tree(&spans, assets);

    let events = events(&programs, &setup);
    let run_id = events["runs"][0]["id"].as_str().unwrap();
    assert_eq!(events["runs"], json!([{ "id": run_id, "status": "SUCCESS" }]));
    for name in ["floe.pipeline.run", "orchestrator.run"] {
        assert_attributes(single(&spans, name), &json!({ "dagster.run_id": run_id }));
    }
    for span in assets {
        let key = span.name.trim_start_matches("dagster.asset.");
        assert_materialized(span, key, run_id, &events);
    }
    assert_events(&events);
    // All lineage events, including those of assets, have the id of the trace.
    let lineage = setup.product.read(".floe/lineage.jsonl");
    assert!(lineage.lines().all(|line| line.contains(TRACE_ID)), "{lineage}");
    assert_history(&setup, &assets, run_id);
}

/// Lists the processes of a trace, each with its first span and the number of its spans.
fn by_process(spans: &[ReceivedSpan]) -> String {
    let process = |span: &ReceivedSpan| span.resource["service.instance.id"].clone();
    let is_first = |span: &&ReceivedSpan| {
        let above = spans.iter().find(|it| it.span_id == span.parent_span_id);
        above.is_none_or(|above| process(above) != process(span))
    };
    let mut first: Vec<_> = spans.iter().filter(is_first).collect();
    first.sort_by_key(|span| span.start_unix_nano);
    let lines = first.into_iter().map(|first| {
        let of_process = spans.iter().filter(|it| process(it) == process(first));
        format!("{:<24} {:4} spans\n", first.name, of_process.count())
    });
    lines.collect()
}

/// Creates a product whose Dagster runs a script in place of `floe`. In the script, `$FLOE` is the path of `floe`.
fn with_floe_replaced(programs: &Path, retries: u32, script: &str) -> Setup {
    let setup = Setup::with_script("");
    let replaced = setup.program("floe", script);
    setup.program(
        "dagster",
        &format!(
            "[ -z \"$FLOE_PROGRAM\" ] || export FLOE=\"$FLOE_PROGRAM\" FLOE_PROGRAM='{}'\nexec '{}' \"$@\"",
            replaced.display(),
            programs.join("dagster").display()
        ),
    );
    setup.product.replace("manifest.yaml", "retries: 0", &format!("retries: {retries}"));
    setup
}

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n),
s AS (SELECT * FROM {{ source('orders') }}) SELECT count(*) AS order_id, 1 AS ordered_on FROM n, s";

#[test]
fn real_dagster_is_interrupted() {
    let programs = real();
    let watch = "( until grep -q stg_orders \"$(dirname \"$FLOE_RUN\")/attempts.jsonl\"; do sleep 0.02; done 2>/dev/null\n\
                 echo > \"$2/begun\" ) &\nexec \"$FLOE\" \"$@\"";
    let setup = with_floe_replaced(&programs, 0, watch);
    setup.product.write("models/stg_orders.sql", ENDLESS);
    let begun = setup.product.path("begun");
    assert!(Command::new("mkfifo").arg(&begun).status().unwrap().success());
    let mut command = before(&["env", "--default-signal=INT,TERM,HUP"], &setup.floe("run"));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // When the second asset starts, the processes of both assets write to the pipe.
    assert_eq!(fs::read_to_string(begun).unwrap().trim(), "");
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.signal(), Some(15), "{}", text(&output.stderr));
    let spans = setup.spans();
    assert_one_trace(&spans);
    let asset = single(&spans, "dagster.asset.stg_orders");
    assert!(matches!(asset.status, ReceivedStatus::Error(_)), "{:?}", asset.status);
    assert_attributes(asset, &json!({ "dagster.asset.status": "canceled" }));
    assert!(spans.iter().all(|it| it.name != "dagster.asset.totals"));
    assert!(is_error(single(&spans, "orchestrator.run"), "dagster was interrupted by a signal"));
    assert!(!setup.product.path(".floe/warehouse.db").exists());
}

/// Models beside `stg_orders` and `totals`: `checked` fails, `behind` reads `checked`, and `endless` is killed.
const MODELS: &str = "  - name: checked
    layer: bronze
    checks: [{ not_null: ordered_on }]
  - name: behind
    layer: silver
  - name: endless
    layer: bronze";

/// A script that runs `floe`, kills the process that builds the asset `endless`, and repairs the source after the first
/// attempt.
const FAULTS: &str = "
count() { cat \"$(dirname \"$FLOE_RUN\")/attempts.jsonl\" 2>/dev/null | grep -c '\"endless\"'; }
before=$(count)
\"$FLOE\" \"$@\" & id=$!
while kill -0 $id 2>/dev/null; do
[ \"$(count)\" = \"$before\" ] || kill -9 $id
sleep 0.02
done
wait $id; code=$?
cp \"$2/spare.csv\" \"$2/data/orders.csv\"
exit $code";

fn failing(programs: &Path) -> Setup {
    let setup = with_floe_replaced(programs, 1, FAULTS);
    let product = &setup.product;
    product.write("spare.csv", &product.read("data/orders.csv"));
    product.write("data/orders.csv", "order_id,ordered_on\none,\n");
    product.append("floe.yaml", MODELS);
    let orders = "FROM {{ source('orders') }}";
    let query = format!("SELECT nope() AS order_id, 1 AS ordered_on {orders}");
    product.write("models/stg_orders.sql", &query);
    product.write("models/checked.sql", &format!("SELECT order_id, ordered_on {orders}"));
    product.write("models/behind.sql", "SELECT order_id FROM {{ ref('checked') }}");
    product.write("models/endless.sql", ENDLESS);
    setup
}

fn assert_reported(output: &Output) {
    let stderr = ended_with(output, 1);
    assert!(stderr.contains("1 source built, 3 failed, 2 skipped"), "{stderr}");
    for reason in ["no such function: nope", "the process of the asset ended without a result"] {
        assert!(stderr.contains(reason), "{stderr}");
    }
}

fn attempts<'a>(spans: &'a [ReceivedSpan], key: &str) -> [&'a ReceivedSpan; 2] {
    let name = format!("dagster.asset.{key}");
    let mut found: Vec<_> = spans.iter().filter(|it| it.name == name).collect();
    found.sort_by_key(|it| it.start_unix_nano);
    let [first, second] = found[..] else {
        panic!("{key}:\n{}", tree(spans));
    };
    for (number, span) in [(0, first), (1, second)] {
        assert_attributes(span, &json!({ "dagster.retry_number": number }));
        assert_eq!(parent(spans, span), "orchestrator.run");
    }
    [first, second]
}

/// Asserts that the second attempt builds the source, and that the assets that read it link to this attempt.
fn assert_repaired(spans: &[ReceivedSpan]) {
    let [first, second] = attempts(spans, "orders");
    assert!(is_error(first, "expected a whole number"), "{:?}", first.status);
    assert_eq!(second.status, ReceivedStatus::Ok);
    let checked = single(spans, "dagster.asset.checked");
    assert_eq!(checked.links[0].span_id, second.span_id);
    assert!(is_error(checked, "the check `not_null_ordered_on`"), "{:?}", checked.status);
}

fn assert_failed(spans: &[ReceivedSpan]) {
    for span in attempts(spans, "stg_orders") {
        assert!(is_error(span, "no such function"), "{:?}", span.status);
        assert_attributes(span, &json!({ "dagster.asset.status": "failed" }));
    }
    for span in attempts(spans, "endless") {
        assert!(is_error(span, "ended without a result"), "{:?}", span.status);
        assert_attributes(
            span,
            &json!({ "dagster.asset.status": "canceled", "error.type": "canceled" }),
        );
    }
}

fn assert_skipped(spans: &[ReceivedSpan]) {
    for (key, missing) in [("totals", "stg_orders"), ("behind", "checked")] {
        let skipped = single(spans, &format!("dagster.asset.{key}"));
        assert_eq!(skipped.status, ReceivedStatus::Unset);
        assert_eq!(parent(spans, skipped), "orchestrator.run");
        assert_attributes(
            skipped,
            &json!({ "dagster.asset.status": "skipped", "dagster.asset.missing": missing }),
        );
    }
}

fn assert_events_of_failures(events: &Json) {
    assert_eq!(events["runs"][0]["status"], "FAILURE");
    let sorted = |key: &str| {
        let mut found: Vec<_> =
            events[key].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        found.sort_unstable();
        found
    };
    assert_eq!(sorted("failures"), ["checked", "endless", "stg_orders"]);
    assert_eq!(sorted("retries"), ["endless", "orders", "stg_orders"]);
    assert_eq!(
        events["checks"]["not_null_ordered_on"],
        json!({ "passed": false, "severity": "ERROR", "metadata": { "floe/failed_rows": 1 } })
    );
}

#[test]
fn real_dagster_with_assets_that_fail_in_every_way() {
    let programs = real();
    let setup = failing(&programs);
    assert_reported(&setup.run());
    let spans = setup.spans();
    assert_one_trace(&spans);
    let run = single(&spans, "orchestrator.run");
    let is_ended = is_error(run, "dagster ended with the exit code 1");
    assert!(is_ended, "{:?}", run.status);
    assert_attributes(run, &json!({ "process.exit.code": 1 }));
    assert_repaired(&spans);
    assert_failed(&spans);
    assert_skipped(&spans);
    assert_events_of_failures(&events(&programs, &setup));
}

#[test]
fn real_dagster_runs_what_its_sensor_requests_in_the_trace_of_the_sensor() {
    let programs = real();
    let setup = Setup::new(&programs.join("dagster"), 0);
    setup.compile();
    let compiled = setup.spans().len();
    let home = setup.product.path(".floe/orchestrator/home");
    fs::create_dir_all(&home).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dagster/sensor.py");
    let floe = setup.floe("");
    let mut python = Command::new(programs.join("python"));
    for (name, value) in floe.get_envs() {
        match value {
            Some(value) => python.env(name, value),
            None => python.env_remove(name),
        };
    }
    let output = python
        .arg(script)
        .current_dir(setup.product.path(".floe/orchestrator"))
        .env("DAGSTER_HOME", home)
        .env("DAGSTER_DISABLE_TELEMETRY", "1")
        .env("FLOE_PROGRAM", setup::FLOE)
        // As in Dagster's daemon, there is no context from another program.
        .env_remove("TRACEPARENT")
        .output()
        .unwrap();
    assert_success(&output);
    let result: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["evaluations"], json!(["requested", "skipped"]), "{result}");
    assert_eq!(result["success"], true);
    assert_eq!(setup.tables(), ["orders", "stg_orders", "totals"]);

    let spans = &setup.spans()[compiled..];
    let sensors: Vec<_> =
        spans.iter().filter(|it| it.name == "dagster.sensor.shop_sensor").collect();
    let [requested, skipped] = sensors[..] else {
        panic!("{}", tree(spans));
    };
    assert_attributes(requested, &json!({ "dagster.sensor.status": "requested" }));
    assert_ne!(requested.trace_id, skipped.trace_id);
    assert!(requested.parent_span_id.is_empty());
    let keys = ["orders", "stg_orders", "totals"];
    let assets = keys.map(|key| single(spans, &format!("dagster.asset.{key}")));
    for (key, asset) in keys.into_iter().zip(assets) {
        assert_eq!(asset.trace_id, requested.trace_id, "{key}");
        assert_eq!(asset.parent_span_id, requested.span_id, "{key}");
        assert_attributes(asset, &json!({ "dagster.run_id": result["run_id"].as_str().unwrap() }));
    }
}
