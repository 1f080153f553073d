//! The contract of the plugin `core` (dbt).

use std::fs;
use std::path::Path;

use floe_plugin::dbt::{CommandRun, DbtCommand, DbtOutcome, DbtRunner, Project};
use floe_plugin::{Error, ErrorKind};
use floe_telemetry::testing;
use serde_json::json;
use tempfile::TempDir;

use crate::program::Program;
use crate::{CANARY, Contract, assert_failed, with};

fn project_in(folder: &Path) -> Project<'_> {
    Project { folder, profiles: Some(folder), target: Some("dev"), ended: None, selection: None }
}

fn run_in(name: &str, program: &Path, command: DbtCommand, project: &Project<'_>) -> CommandRun {
    let config = json!({ "program": program });
    with::<dyn DbtRunner, _>(name, config, |runner| runner.run(command, project))
}

fn generated() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("dbt_project.yml"), "name: shop\nprofile: shop\n").unwrap();
    fs::write(folder.path().join("profiles.yml"), "shop: { outputs: {} }\n").unwrap();
    folder
}

fn run(name: &str, dbt: &Program, command: DbtCommand) -> Result<DbtOutcome, Error> {
    let folder = generated();
    run_in(name, &dbt.path(), command, &project_in(folder.path())).outcome
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
    of_dbt("core", "1.11.16", "stand-in; dbt-core 1.11 in `.ci/services pipeline`")
}

pub(crate) fn of_dbt(name: &'static str, version: &'static str, service: &'static str) -> Contract {
    let commands = [DbtCommand::Build, DbtCommand::Run, DbtCommand::Test];
    let mut contract = Contract::new::<dyn DbtRunner>(name, service);
    for command in commands {
        contract = contract.operation(
            command.as_str(),
            &[
                "dbt.command=*",
                "dbt.target=dev",
                "dbt.project_dir=*",
                "dbt.profiles_dir=*",
                "dbt.models_run=2",
                "dbt.tests_run=1",
                "dbt.failures=0",
                "dbt.execution_time_seconds=2.5",
            ],
            move || {
                let dbt = Program::new("dbt").with("answer", results(version, "success"));
                let outcome = run(name, &dbt, command)?;
                let expected = DbtOutcome {
                    models_run: Some(2),
                    tests_run: Some(1),
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
                assert_failed(
                    &error,
                    ErrorKind::InvalidInput,
                    "1 of 3 nodes failed, the first: model.shop.totals",
                );
                Err(error)
            },
        );
    }
    contract
}

#[test]
fn a_target_is_an_argument() {
    let dbt = Program::new("dbt").with("answer", results("1.11.16", "success"));
    let folder = generated();
    let project = project_in(folder.path());
    run_in("core", &dbt.path(), DbtCommand::Run, &project).outcome.unwrap();
    let folder = folder.path().display();
    let expected =
        format!("run\n--project-dir\n{folder}\n--profiles-dir\n{folder}\n--target\ndev\n");
    assert_eq!(dbt.received("arguments"), expected);
    for target in ["", "--vars"] {
        let project = Project { target: Some(target), ..project };
        let error = run_in("core", &dbt.path(), DbtCommand::Run, &project).outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
}

#[test]
fn a_dbt_that_fails_is_one_error() {
    let old = results("1.9.0", "success");
    let fusion = results("2.0.4", "success");
    for (behaviour, answer, kind, message) in [
        ("", "garbage", ErrorKind::InvalidResponse, "run_results.json: expected value"),
        ("", &*old, ErrorKind::Unsupported, "expected 1.11 to below 2, found dbt 1.9.0"),
        ("", &*fusion, ErrorKind::Unsupported, "expected 1.11 to below 2, found dbt 2.0.4"),
        ("silent", "", ErrorKind::InvalidResponse, "there is no target/run_results.json"),
        (
            "crash",
            "no profile",
            ErrorKind::Rejected,
            "dbt run ended with the exit code 2: no profile",
        ),
        ("killed", "", ErrorKind::System, "dbt was killed (signal: 9"),
    ] {
        let dbt = Program::new("dbt").with("behaviour", behaviour).with("answer", answer);
        let error = run("core", &dbt, DbtCommand::Run).unwrap_err();
        assert_failed(&error, kind, message);
    }
}

#[test]
fn results_of_an_earlier_command_are_not_read() {
    let folder = generated();
    let target = folder.path().join("target");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("run_results.json"), results("1.11.16", "success")).unwrap();
    let dbt = Program::new("dbt").with("behaviour", "silent");
    let error = run_in("core", &dbt.path(), DbtCommand::Run, &project_in(folder.path()))
        .outcome
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
}

/// Returns a recorded file of dbt: a log or a manifest.
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
    let mut id = None;
    let spans = testing::capture(|| {
        id = run_in("core", &dbt.path(), DbtCommand::Run, &project_in(folder.path())).invocation_id;
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
