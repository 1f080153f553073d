//! The contract of the plugin `csv` (ingestion).

use floe_plugin::ingestion::{Export, IngestionEngine, Load};
use floe_plugin::table::{Column, ColumnType};
use floe_plugin::{Error, Handle};
use serde_json::json;

use crate::{Contract, Rows, with};

fn run(text: &str) -> Result<Vec<String>, Error> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("orders.csv"), text).unwrap();
    let columns = [
        Column { name: "order_id", kind: ColumnType::Integer },
        Column { name: "ordered_on", kind: ColumnType::Date },
    ];
    let load =
        Load { table: "orders", columns: &columns, folder: folder.path(), location: "orders.csv" };
    let mut rows = Rows::default();
    let run = |tool: &Handle<dyn IngestionEngine>| tool.run(&load, &mut rows);
    let count = with("csv", json!({}), run)?;
    assert_eq!(count, rows.0.len() as u64);
    Ok(rows.0)
}

pub(crate) fn contract() -> Contract {
    Contract::new::<dyn IngestionEngine>("csv", "a file")
        .operation(
            "run",
            &[
                "ingestion.source_type=csv",
                "ingestion.destination_table=orders",
                "ingestion.write_mode=replace",
                "ingestion.schema_contract=discard_value",
                "ingestion.success=true",
                "ingestion.rows_loaded=2",
            ],
            || {
                let rows = run("order_id,ordered_on\n1,2024-01-31\n2,\n")?;
                let expected = ["[Integer(1), Text(\"2024-01-31\")]", "[Integer(2), Null]"];
                assert_eq!(rows, expected);
                Ok(())
            },
            || {
                let error = run("order_id,ordered_on\n1,2024-02-30\n").unwrap_err();
                assert!(error.to_string().contains("orders.csv:2: `ordered_on`"), "{error}");
                Err(error)
            },
        )
        .unsupported("write", || {
            let export = Export {
                table: "orders",
                sink_type: "crm",
                destination: "Order",
                file: "orders.csv".as_ref(),
            };
            with::<dyn IngestionEngine, _>("csv", json!({}), |tool| tool.write(&export)).map(drop)
        })
}
