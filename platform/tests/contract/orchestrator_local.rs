//! The contract of the plugin `local` (orchestrator).

use floe_plugin::orchestrator::LocalOrchestrator;
use floe_plugin::product::{Model, Product, Source};
use floe_plugin::quality::Check;
use floe_plugin::{Error, ErrorKind};
use serde_json::json;

use crate::{Contract, with};

const CHECKS: &[Check] = &[Check::RowCount(1)];

pub(crate) fn product() -> Product<'static> {
    let model = |name, depends_on| Model {
        name,
        layer: "gold",
        depends_on: vec![depends_on],
        ..Model::default()
    };
    Product {
        name: "shop-1",
        sources: vec![Source { name: "orders", checks: CHECKS, ..Source::default() }],
        models: vec![model("stg_orders", "orders"), model("totals", "stg_orders")],
        ..Product::default()
    }
}

fn run(build: &mut dyn FnMut(&str) -> Result<(), Error>) -> Result<(), Error> {
    with::<dyn LocalOrchestrator, _>("local", json!({}), |it| it.run(&product(), build))
}

pub(crate) fn contract() -> Contract {
    Contract::new::<dyn LocalOrchestrator>("local", "this process").operation(
        "run",
        &["orchestrator.asset_count=3"],
        || {
            let mut built = Vec::new();
            run(&mut |key| {
                built.push(key.to_owned());
                Ok(())
            })?;
            assert_eq!(built, ["orders", "stg_orders", "totals"]);
            Ok(())
        },
        || {
            let mut built = Vec::new();
            let ran = run(&mut |key| {
                built.push(key.to_owned());
                Err(Error::new(ErrorKind::System, "the disk is full"))
            });
            assert_eq!(built, ["orders"], "the run continued after an error");
            ran
        },
    )
}
