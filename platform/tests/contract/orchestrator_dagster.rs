//! The contract of the plugin `dagster` (orchestrator).

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use floe_plugin::orchestrator::{AssetOrchestrator, Definitions, RunEnd};
use floe_plugin::{Error, ErrorKind, Handle, PluginType};
use floe_telemetry::testing;
use serde_json::json;

use crate::orchestrator_local::product;
use crate::program::Program;
use crate::{CANARY, Contract, plugins};

const VALID: &str = "a warning of Python\n{\"event\": \"Validation successful for code location definitions.py.\", \"level\": \"info\"}\n{\"event\": \"All code locations passed validation.\", \"level\": \"info\"}\n";

fn with<T>(dagster: &Program, run: impl FnOnce(&Handle<dyn AssetOrchestrator>) -> T) -> T {
    let config = json!({ "program": dagster.path() });
    let plugins = plugins(PluginType::Orchestrator, "dagster", config);
    run(&plugins.one::<dyn AssetOrchestrator>().unwrap())
}

fn create(dagster: &Program, folder: &Path) -> Result<(), Error> {
    let paths = with(dagster, |it| it.create_definitions(&product(), folder))?;
    assert_eq!(paths.len(), 3);
    assert!(paths.iter().all(|path| path.is_file()), "{paths:?}");
    Ok(())
}

/// Creates nothing.
fn fails(dagster: &Program) -> Error {
    let folder = tempfile::tempdir().unwrap();
    let error = create(dagster, folder.path()).unwrap_err();
    let written = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(written, 0, "nothing is written");
    error
}

pub(crate) fn contract() -> Contract {
    let service = "stand-in; Dagster 1.13 in `.ci/services pipeline`";
    Contract::new(PluginType::Orchestrator, "dagster", service)
        .operation(
            "create_definitions",
            &[
                "orchestrator.asset_count=3",
            ],
            || {
                let dagster = Program::new("dagster").with("answer", VALID);
                let folder = tempfile::tempdir().unwrap();
                create(&dagster, folder.path())?;
                dagster.assert_traced();
                let request = dagster.request();
                assert_eq!(request["job"], "shop_job");
                assert_eq!(request["retries"], 0);
                let assets = request["assets"].as_array().unwrap();
                assert_eq!(assets[0]["checks"], json!(["row_count"]));
                let depends_on: Vec<_> = assets
                    .iter()
                    .map(|asset| (asset["name"].clone(), asset["depends_on"].clone()))
                    .collect();
                assert_eq!(
                    depends_on,
                    [
                        (json!("orders"), json!([])),
                        (json!("stg_orders"), json!(["orders"])),
                        (json!("totals"), json!(["stg_orders"])),
                    ]
                );
                Ok(())
            },
            || {
                let message = format!("Validation failed for code location definitions.py:\\n\\nValueError: postgres://u:{CANARY}@h/x");
                let answer = format!("{{\"event\": \"{message}\", \"level\": \"error\"}}\n");
                let dagster = Program::new("dagster").with("answer", answer).with("code", "1");
                let error = fails(&dagster);
                assert!(error.to_string().contains("ValueError"), "{error}");
                Err(error)
            },
        )
        .operation(
            "run",
            &[
                "orchestrator.asset_count=3",
            ],
            || {
                let dagster = Program::new("dagster").with("answer", VALID);
                assert_eq!(run(&dagster)?.code, 0);
                dagster.assert_traced();
                assert_eq!(dagster.received("variable"), "run.json");
                Ok(())
            },
            || {
                let answer = format!("postgres://u:{CANARY}@h/x");
                let dagster = Program::new("dagster")
                    .with("behaviour", "killed")
                    .with("answer", answer);
                run(&dagster).map(drop)
            },
        )
}

/// Runs a product whose definitions were created.
fn run(dagster: &Program) -> Result<RunEnd, Error> {
    let folder = tempfile::tempdir().unwrap();
    for name in ["definitions.py", "product.json"] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    let definitions =
        Definitions { folder: folder.path(), variables: &[("FLOE_RUN", OsStr::new("run.json"))] };
    let mut ended = 0;
    let end = with(dagster, |it| it.run_definitions(&product(), &definitions, || ended += 1));
    assert_eq!(ended, 1);
    end
}

#[test]
fn an_exit_code_is_a_result_and_its_span_is_an_error() {
    let answer = format!("Error: postgres://u:{CANARY}@h/x");
    let dagster = Program::new("dagster").with("code", "3").with("answer", answer);
    let mut end = None;
    let spans = testing::capture(|| end = Some(run(&dagster).unwrap()));
    let message = "dagster ended with the exit code 3: Error: postgres://<REDACTED>@h/x";
    let end = end.unwrap();
    assert_eq!((end.code, &*end.message), (3, message));
    spans.single("orchestrator.run").assert_error(message).assert_attribute("process.exit.code", 3);
}

#[test]
fn the_calls_of_another_orchestrator_are_not_supported() {
    let dagster = Program::new("dagster");
    let error = with(&dagster, |it| it.run(&product(), &mut |_| Ok(()))).unwrap_err();
    assert!(error.is_unsupported(), "{error}");
}

#[test]
fn a_dagster_that_fails_is_one_error() {
    for (behaviour, answer, code, kind, message) in [
        ("", "garbage", "0", ErrorKind::InvalidResponse, "has no result of the validation"),
        (
            "",
            "No module named dagster",
            "1",
            ErrorKind::Rejected,
            "exit code 1: No module named dagster",
        ),
        ("killed", "", "0", ErrorKind::System, "was killed (signal: 9"),
    ] {
        let dagster = Program::new("dagster")
            .with("behaviour", behaviour)
            .with("answer", answer)
            .with("code", code);
        let error = fails(&dagster);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn what_dagster_has_accepted_is_not_validated_again() {
    let folder = tempfile::tempdir().unwrap();
    let accepting = Program::new("dagster").with("answer", VALID);
    create(&accepting, folder.path()).unwrap();
    let refusing = || Program::new("dagster").with("code", "1");
    create(&refusing(), folder.path()).unwrap();
    fs::write(folder.path().join("product.json"), "{}").unwrap();
    let error = create(&refusing(), folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
}
