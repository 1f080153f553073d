//! The contract of the plugin `dagster` (orchestrator).

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use floe_plugin::orchestrator::{Definitions, ProcessOrchestrator, RunEnd};
use floe_plugin::{Error, Handle};
use floe_telemetry::testing;
use serde_json::json;

use crate::orchestrator_local::product;
use crate::program::Program;
use crate::{CANARY, Contract, with};

fn on<T>(dagster: &Program, run: impl FnOnce(&Handle<dyn ProcessOrchestrator>) -> T) -> T {
    with("dagster", json!({ "program": dagster.path() }), run)
}

fn create(dagster: &Program, folder: &Path) -> Result<(), Error> {
    let paths = on(dagster, |it| it.create_definitions(&product(), folder))?;
    assert_eq!(paths.len(), 3);
    assert!(paths.iter().all(|path| path.is_file()), "{paths:?}");
    Ok(())
}

pub(crate) fn contract() -> Contract {
    let service = "stand-in; Dagster 1.13 in `.ci/services pipeline`";
    Contract::new::<dyn ProcessOrchestrator>("dagster", service)
        .operation(
            "create_definitions",
            &["orchestrator.asset_count=3"],
            || {
                let folder = tempfile::tempdir().unwrap();
                create(&Program::new("dagster"), folder.path())?;
                let request = fs::read(folder.path().join("product.json"))?;
                let request: serde_json::Value = serde_json::from_slice(&request).unwrap();
                assert_eq!(request["retries"], 0);
                assert_eq!(request["assets"][0]["checks"], json!(["row_count"]));
                Ok(())
            },
            || {
                let file = tempfile::NamedTempFile::new()?;
                create(&Program::new("dagster"), file.path())
            },
        )
        .operation(
            "run",
            &["orchestrator.asset_count=3"],
            || {
                let dagster = Program::new("dagster").with("answer", "");
                assert_eq!(run(&dagster)?.code, 0);
                dagster.assert_traced();
                assert_eq!(dagster.received("variable"), "run.json");
                Ok(())
            },
            || {
                let answer = format!("postgres://u:{CANARY}@h/x");
                let dagster =
                    Program::new("dagster").with("behaviour", "killed").with("answer", answer);
                run(&dagster).map(drop)
            },
        )
}

fn run(dagster: &Program) -> Result<RunEnd, Error> {
    let folder = tempfile::tempdir().unwrap();
    for name in ["definitions.py", "product.json"] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    let definitions =
        Definitions { folder: folder.path(), variables: &[("FLOE_RUN", OsStr::new("run.json"))] };
    let mut ended = 0;
    let end = on(dagster, |it| it.run_definitions(&product(), &definitions, || ended += 1));
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
