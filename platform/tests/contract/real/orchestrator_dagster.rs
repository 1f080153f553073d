//! Dagster itself.

use std::path::Path;
use std::process::Command;

use floe_plugin::orchestrator::AssetOrchestrator;
use floe_plugin::product::{Model, Product, Source};
use floe_plugin::{Error, PluginType};
use serde_json::json;

use super::process::place;
use crate::plugins;

fn product() -> Product<'static> {
    let model = |name, depends_on| Model {
        name,
        layer: "gold",
        materialization: "table",
        sql: "SELECT 1 AS one",
        depends_on: vec![depends_on],
        checks: &[],
        columns: Vec::new(),
    };
    Product {
        namespace: "retail",
        name: "shop-1",
        version: "1.0.0",
        environment: "dev",
        description: None,
        sources: vec![Source {
            name: "orders",
            location: "data/orders.csv",
            depends_on: Vec::new(),
            checks: &[],
            columns: Vec::new(),
        }],
        models: vec![model("stg_orders", "orders"), model("totals", "stg_orders")],
    }
}

fn create(place: &Path, product: &Product<'_>, folder: &Path) -> Result<(), Error> {
    let config = json!({ "program": place.join("venv/bin/dagster") });
    let plugins = plugins(PluginType::Orchestrator, "dagster", config);
    let dagster = plugins.one::<dyn AssetOrchestrator>().unwrap();
    dagster.create_definitions(product, folder).map(drop)
}

#[test]
fn dagster_accepts_a_product() {
    let place = place();
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("dagster");
    create(&place, &product(), &project).unwrap();

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
