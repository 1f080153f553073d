//! The contract of the plugin `fusion` (dbt).

use floe_plugin::dbt::{DbtCommand, DbtOutcome, DbtRunner, Project};
use floe_plugin::{Error, ErrorKind, PluginType};
use serde_json::json;

use crate::program::Program;
use crate::{Contract, dbt_core, plugins};

fn lint(code: &str) -> Result<DbtOutcome, Error> {
    let dbt = Program::new("dbt")
        .with("behaviour", "fusion")
        .with("code", code);
    let folder = tempfile::tempdir().unwrap();
    for file in ["dbt_project.yml", "profiles.yml"] {
        std::fs::write(folder.path().join(file), "").unwrap();
    }
    let plugins = plugins(PluginType::Dbt, "fusion", json!({ "program": dbt.path() }));
    let runner = plugins.one::<dyn DbtRunner>().unwrap();
    let project = Project {
        folder: folder.path(),
        profiles: None,
        target: None,
        select: None,
        exclude: None,
        full_refresh: false,
        part_of: None,
    };
    let outcome = runner.run(DbtCommand::Lint, &project);
    assert!(
        dbt.received("arguments")
            .starts_with("lint\n--project-dir\n")
    );
    outcome
}

pub(crate) fn contract() -> Contract {
    dbt_core::of_dbt("fusion", "2.0.4", "stand-in").operation(
        "lint",
        || lint("0").map(drop),
        || {
            let error = lint("1").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Rejected);
            Err(error)
        },
    )
}
