//! The contract of the plugin `console` (lineage backend).

use std::time::{Duration, SystemTime};

use floe_plugin::lineage::{Dataset, Job, LineageBackend, Parent, RunEvent, RunState};
use floe_plugin::table::{Column, ColumnType};
use serde_json::json;

use crate::{Contract, with};

pub(crate) const ATTRIBUTES: &[&str] = &[
    "lineage.job_name=customer-360.stg_orders",
    "lineage.event_type=COMPLETE",
    "lineage.namespace=sales",
    "lineage.run_id=2866553f-1347-41ca-bd56-95659a3e1c5d",
];

/// Returns an event with all properties except an error.
pub(crate) fn event() -> RunEvent<'static> {
    let kinds = [ColumnType::Integer, ColumnType::Real, ColumnType::Text, ColumnType::Date];
    let columns = kinds.map(|kind| Column { name: "column", kind }.into()).to_vec();
    let job = |name| Job { namespace: "sales", name };
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let run_id = "2866553f-1347-41ca-bd56-95659a3e1c5d";
    let data = |name| Dataset { namespace: "sqlite://", name, ..Dataset::default() };
    RunEvent {
        parent: Some(Parent {
            run_id: "9f2b1a1e-8d5c-4d43-9f3c-0a53b4b8a7c1",
            job: job("customer-360"),
        }),
        job_type: Some("MODEL"),
        tags: vec![("dagster_run_id", "8b4c")],
        engine: Some(("floe", "0.1.0")),
        trace: Some(("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")),
        sql: Some("select * from orders"),
        inputs: vec![data("orders")],
        outputs: vec![Dataset { columns, rows: Some(3), ..data("stg_orders") }],
        ..RunEvent::new(RunState::Complete, at, run_id, job("customer-360.stg_orders"))
    }
}

pub(crate) fn contract() -> Contract {
    let emit = |event: &RunEvent<'_>| {
        with::<dyn LineageBackend, _>("console", json!({}), |it| it.emit_event(event))
    };
    Contract::new::<dyn LineageBackend>("console", "the terminal").operation(
        "emit_event",
        ATTRIBUTES,
        move || emit(&event()),
        move || emit(&RunEvent { job: Job { name: "shop\u{1b}[2J", ..event().job }, ..event() }),
    )
}
