//! The plugin `dagster` against Dagster itself.

use std::process::Command;

use floe_plugin::Handle;
use floe_plugin::orchestrator::ProcessOrchestrator;
use serde_json::json;

use super::process::place;
use crate::orchestrator_local::product;
use crate::with;

#[test]
fn dagster_accepts_a_product() {
    let place = place();
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("dagster");
    let config = json!({ "program": place.join("venv/bin/dagster") });
    let create = |it: &Handle<dyn ProcessOrchestrator>| it.create_definitions(&product(), &project);
    with("dagster", config, create).unwrap();

    let script = "import dagster as dg\n\
                  from definitions import assets, defs\n\
                  keys = [key.to_user_string() for asset in assets for key in asset.keys]\n\
                  job = defs.resolve_job_def('shop_1_job')\n\
                  print(keys, job.executor_def.name)\n\
                  print([d.to_user_string() for d in assets[-1].asset_deps[dg.AssetKey('totals')]])";
    let output = Command::new(place.join("venv/bin/python"))
        .args(["-c", script])
        .current_dir(&project)
        .env("DAGSTER_DISABLE_TELEMETRY", "1")
        .output()
        .unwrap();
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stderr}");
    assert_eq!(stdout, "['orders', 'stg_orders', 'totals'] in_process\n['stg_orders']\n");
}
