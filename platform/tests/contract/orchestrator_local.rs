//! The cases of the embedded orchestrator.

use std::path::Path;

use floe_plugin::orchestrator::AssetOrchestrator;
use floe_plugin::product::{Model, Product, Source};
use floe_plugin::quality::Check;
use floe_plugin::{Error, ErrorKind, Handle, PluginType};
use serde_json::json;

use crate::{Contract, plugins};

const CHECKS: &[Check] = &[Check::RowCount(1)];

/// A source and two models that depend on each other.
pub(crate) fn product() -> Product<'static> {
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
        name: "shop",
        version: "1.0.0",
        environment: "dev",
        description: None,
        sources: vec![Source {
            name: "orders",
            location: "data/orders.csv",
            depends_on: Vec::new(),
            checks: CHECKS,
            columns: Vec::new(),
        }],
        models: vec![model("stg_orders", "orders"), model("totals", "stg_orders")],
    }
}

fn with<T>(run: impl FnOnce(&Handle<dyn AssetOrchestrator>) -> T) -> T {
    let plugins = plugins(PluginType::Orchestrator, "local", json!({}));
    run(&plugins.one::<dyn AssetOrchestrator>().unwrap())
}

pub(crate) fn contract() -> Contract {
    Contract::new(PluginType::Orchestrator, "local", "this process")
        .operation(
            "run",
            &["orchestrator.asset_count=3"],
            || {
                let mut built = Vec::new();
                with(|it| {
                    it.run(&product(), &mut |key| {
                        built.push(key.to_owned());
                        Ok(())
                    })
                })?;
                assert_eq!(built, ["orders", "stg_orders", "totals"]);
                Ok(())
            },
            || {
                let mut built = Vec::new();
                let ran = with(|it| {
                    it.run(&product(), &mut |key| {
                        built.push(key.to_owned());
                        Err(Error::new(ErrorKind::System, "the disk is full"))
                    })
                });
                assert_eq!(built, ["orders"], "an error stops the run");
                ran
            },
        )
        .unsupported("create_definitions", || {
            with(|it| it.create_definitions(&product(), Path::new("/"))).map(drop)
        })
}
