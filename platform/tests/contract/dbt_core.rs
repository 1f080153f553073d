//! The contract of the plugin `core` (dbt).

use std::fs;
use std::path::Path;

use floe_plugin::dbt::{DbtCommand, DbtOutcome, DbtRunner, Project};
use floe_plugin::quality::Check;
use floe_plugin::table::{Column, ColumnType};
use floe_plugin::{Error, ErrorKind, PluginType, Plugins};
use floe_telemetry::testing;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::orchestrator_local::product;
use crate::program::Program;
use crate::{CANARY, Contract, plugins};

fn start(name: &str, dbt: &Program) -> Plugins {
    plugins(PluginType::Dbt, name, json!({ "program": dbt.path() }))
}

fn generate(name: &str, output: &Value, folder: &Path) -> Result<(), Error> {
    let plugins = plugins(PluginType::Dbt, name, json!({}));
    let dbt = plugins.one::<dyn DbtRunner>().unwrap();
    dbt.generate_project(&product(), output, folder).map(drop)
}

fn project_in(folder: &Path) -> Project<'_> {
    Project {
        folder,
        profiles: None,
        target: Some("dev"),
        select: None,
        exclude: None,
        full_refresh: false,
    }
}

/// The folder of a generated project.
fn generated() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let output = json!({ "type": "duckdb", "path": "warehouse.db" });
    generate("core", &output, folder.path()).unwrap();
    folder
}

/// Runs a command on a generated project.
fn run(name: &str, dbt: &Program, command: DbtCommand) -> Result<DbtOutcome, Error> {
    let folder = generated();
    let plugins = start(name, dbt);
    let runner = plugins.one::<dyn DbtRunner>().unwrap();
    runner.run(command, &project_in(folder.path())).outcome
}

fn results(version: &str, status: &str) -> String {
    json!({
        "metadata": { "dbt_version": version },
        "results": [
            { "unique_id": "model.shop.stg_orders", "status": "success", "failures": null, "message": "OK" },
            {
                "unique_id": "model.shop.totals",
                "status": status,
                "failures": null,
                "message": format!("Runtime Error in model totals\n  postgresql://floe:{CANARY}@db/x"),
            },
            { "unique_id": "test.shop.totals_check_0.12ab", "status": "pass", "failures": 0, "message": null },
        ],
        "elapsed_time": 2.5,
    })
    .to_string()
}

pub(crate) fn contract() -> Contract {
    of_dbt("core", "1.11.16", "stand-in; dbt-core 1.11 in `.ci/plugins`")
}

/// The operations that dbt-core and Fusion have in common.
pub(crate) fn of_dbt(name: &'static str, version: &'static str, service: &'static str) -> Contract {
    let commands = [(DbtCommand::Run, (Some(2), Some(1))), (DbtCommand::Test, (Some(2), Some(1)))];
    let mut contract = Contract::new(PluginType::Dbt, name, service).operation(
        "generate_project",
        move || {
            let folder = tempfile::tempdir().unwrap();
            let output = json!({ "type": "duckdb", "path": "warehouse.db" });
            generate(name, &output, folder.path())
        },
        move || {
            let folder = tempfile::tempdir().unwrap();
            let ran = generate(name, &json!({ "path": "x" }), folder.path());
            let written = fs::read_dir(folder.path()).unwrap().count();
            assert_eq!(written, 0, "nothing is written");
            ran
        },
    );
    for (command, (models_run, tests_run)) in commands {
        contract = contract.operation(
            command.as_str(),
            move || {
                let dbt = Program::new("dbt").with("answer", results(version, "success"));
                let outcome = run(name, &dbt, command)?;
                let expected = DbtOutcome {
                    models_run,
                    tests_run,
                    failures: Some(0),
                    execution_time_seconds: Some(2.5),
                };
                assert_eq!(outcome, expected);
                dbt.assert_traced();
                Ok(())
            },
            move || {
                let answer = results(version, "error");
                let dbt = Program::new("dbt").with("answer", answer).with("code", "1");
                let error = run(name, &dbt, command).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidInput);
                assert!(
                    error.to_string().contains("1 of 3 nodes failed, the first: model.shop.totals"),
                    "{error}"
                );
                Err(error)
            },
        );
    }
    contract
}

#[test]
fn a_selection_and_a_target_are_arguments() {
    let dbt = Program::new("dbt").with("answer", results("1.11.16", "success"));
    let folder = generated();
    let plugins = start("core", &dbt);
    let runner = plugins.one::<dyn DbtRunner>().unwrap();
    let project = Project {
        select: Some("tag:gold"),
        exclude: Some("totals"),
        full_refresh: true,
        ..project_in(folder.path())
    };
    runner.run(DbtCommand::Run, &project).outcome.unwrap();
    let folder = folder.path().display();
    assert_eq!(
        dbt.received("arguments"),
        format!(
            "run\n--project-dir\n{folder}\n--profiles-dir\n{folder}\n--target\ndev\n--select\ntag:gold\n--exclude\ntotals\n--full-refresh\n"
        )
    );
    for (command, project) in [
        (DbtCommand::Run, Project { select: Some("--vars"), ..project }),
        (DbtCommand::Run, Project { target: Some(""), ..project }),
    ] {
        let error = runner.run(command, &project).outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
}

#[test]
fn a_dbt_that_fails_is_one_error() {
    let old = results("1.9.0", "success");
    let fusion = results("2.0.4", "success");
    for (behaviour, answer, code, kind, message) in [
        ("", "garbage", "0", ErrorKind::InvalidResponse, "run_results.json: expected value"),
        ("", &*old, "0", ErrorKind::Unsupported, "expected 1.11 or a later 1, found dbt 1.9.0"),
        ("", &*fusion, "0", ErrorKind::Unsupported, "expected 1.11 or a later 1, found dbt 2.0.4"),
        ("silent", "", "0", ErrorKind::InvalidResponse, "there is no target/run_results.json"),
        (
            "crash",
            "no profile",
            "0",
            ErrorKind::Rejected,
            "dbt run ended with the exit code 2: no profile",
        ),
        ("killed", "", "0", ErrorKind::System, "dbt was killed (signal: 9"),
    ] {
        let dbt = Program::new("dbt")
            .with("behaviour", behaviour)
            .with("answer", answer)
            .with("code", code);
        let error = run("core", &dbt, DbtCommand::Run).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn results_without_what_is_read_of_them_are_an_error() {
    for (field, at) in [
        ("metadata", ""),
        ("dbt_version", "/metadata"),
        ("results", ""),
        ("unique_id", "/results/0"),
        ("status", "/results/0"),
        ("elapsed_time", ""),
    ] {
        let mut answer: Value = serde_json::from_str(&results("1.11.16", "success")).unwrap();
        let fields = answer.pointer_mut(at).unwrap().as_object_mut().unwrap();
        fields.remove(field).unwrap();
        let dbt = Program::new("dbt").with("answer", answer.to_string());
        let error = run("core", &dbt, DbtCommand::Run).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse);
        let message = format!("run_results.json: missing field `{field}`");
        assert!(error.to_string().contains(&message), "{error}");
    }
}

#[test]
fn results_of_an_earlier_command_are_not_read() {
    let folder = generated();
    let target = folder.path().join("target");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("run_results.json"), results("1.11.16", "success")).unwrap();
    let dbt = Program::new("dbt").with("behaviour", "silent");
    let plugins = start("core", &dbt);
    let runner = plugins.one::<dyn DbtRunner>().unwrap();
    let error = runner.run(DbtCommand::Run, &project_in(folder.path())).outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
}

#[test]
fn a_project_has_the_models_the_sources_and_the_checks_of_the_product() {
    let folder = generated();
    let text = |path: &str| fs::read_to_string(folder.path().join(path)).unwrap();
    assert_eq!(
        text("models/totals.sql"),
        "-- Generated by floe from the product. Do not edit.\n-- depends_on: {{ ref('stg_orders') }}\nSELECT 1 AS one\n"
    );
    for (path, part) in [
        ("dbt_project.yml", "name: shop"),
        ("profiles.yml", "type: duckdb"),
        ("models/sources.yml", "name: orders"),
        ("models/models.yml", "materialized: table"),
        (".sqlfluff", "dialect = duckdb"),
    ] {
        assert!(text(path).contains(part), "{path}: {}", text(path));
    }

    // The product changes: a model is removed, a check is added. A model of the user remains.
    let own = folder.path().join("models/own.sql");
    fs::write(&own, "select 1\n".repeat(20)).unwrap();
    let of_source = [Check::NotNull("id".to_owned())];
    let checks = [Check::NotNull("one".to_owned()), Check::MinRows(2)];
    let mut changed = product();
    changed.models.pop();
    changed.models[0].checks = &checks;
    changed.sources[0].checks = &of_source;
    changed.models[0].sql = "SELECT 1 AS one FROM \"orders\"";
    changed.sources[0].columns = vec![Column { name: "id", kind: ColumnType::Integer }];
    let plugins = plugins(PluginType::Dbt, "core", json!({}));
    let dbt = plugins.one::<dyn DbtRunner>().unwrap();
    let output = json!({ "type": "duckdb", "path": "warehouse.db" });
    let paths = dbt.generate_project(&changed, &output, folder.path()).unwrap();
    assert!(paths.iter().all(|path| path.is_file()), "{paths:?}");
    assert!(!folder.path().join("models/totals.sql").exists());
    assert!(own.exists());
    assert!(text("models/stg_orders.sql").ends_with("FROM {{ source('product', 'orders') }}\n"));
    for part in
        ["stg_orders_check_0", "not_null", "expect_table_row_count_to_be_between", "quote: true"]
    {
        assert!(text("models/models.yml").contains(part), "{}", text("models/models.yml"));
    }
    for part in ["data_type: bigint", "orders_check_0"] {
        let sources = text("models/sources.yml");
        assert!(sources.contains(part), "{sources}");
    }
}

/// The recorded log of a command, beside its manifest.
fn recorded(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dbt");
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn nodes_are_below_the_command() {
    let dbt = Program::new("dbt")
        .with("answer", results("1.11.16", "success"))
        .with("events", recorded("build_ok.jsonl"));
    let folder = generated();
    fs::create_dir(folder.path().join("target")).unwrap();
    let manifest = recorded("build_ok.manifest.json");
    fs::write(folder.path().join("target/manifest.json"), manifest).unwrap();
    let plugins = start("core", &dbt);
    let runner = plugins.one::<dyn DbtRunner>().unwrap();
    let mut id = None;
    let spans = testing::capture(|| {
        id = runner.run(DbtCommand::Run, &project_in(folder.path())).invocation_id;
    });
    let command = spans.single("dbt.run").assert_ok();
    command
        .assert_attribute("dbt.invocation_id", id.unwrap())
        .assert_attribute("dbt.version", "1.11.16")
        .assert_attribute("dbt.adapter_type", "duckdb")
        .assert_attribute("process.exit.code", 0);
    let model = spans.single("dbt.model.stg_orders").assert_ok();
    model.assert_child_of("dbt.run").assert_attribute("dbt.materialization", "view");
    assert_eq!(model.scope(), "floe.dbt.core");
}

#[test]
fn a_dbt_that_is_killed_leaves_no_node_open() {
    let events = recorded("build_ok.jsonl");
    let finished = events.find("NodeFinished").unwrap();
    let end = events[..finished].rfind('\n').unwrap() + 1;
    let dbt = Program::new("dbt").with("behaviour", "killed").with("events", &events[..end]);
    let spans = testing::capture(|| {
        let error = run("core", &dbt, DbtCommand::Run).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::System, "{error}");
    });
    spans
        .single("dbt.seed.raw_orders")
        .assert_error("dbt ended before the node did")
        .assert_child_of("dbt.run");
}

#[test]
fn statements_of_dbt_have_a_comment_unless_it_is_switched_off() {
    for (config, expected) in [(json!({}), true), (json!({ "query_comments": false }), false)] {
        let folder = tempfile::tempdir().unwrap();
        let plugins = plugins(PluginType::Dbt, "core", config);
        let dbt = plugins.one::<dyn DbtRunner>().unwrap();
        let output = json!({ "type": "duckdb", "path": "warehouse.db" });
        dbt.generate_project(&product(), &output, folder.path()).unwrap();
        let project = fs::read_to_string(folder.path().join("dbt_project.yml")).unwrap();
        assert_eq!(project.contains("query-comment"), expected, "{project}");
        assert_eq!(project.contains("TRACEPARENT"), expected, "{project}");
    }
}
