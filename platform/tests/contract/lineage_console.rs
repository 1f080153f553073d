//! The cases of lineage on the terminal.

use std::time::SystemTime;

use floe_plugin::lineage::{Dataset, Job, LineageBackend, RunEvent, RunState};
use floe_plugin::{Error, PluginType, Plugins};
use serde_json::json;

use crate::{Contract, plugins};

pub(crate) fn emit(plugins: &Plugins, job: &str) -> Result<(), Error> {
    let backend = plugins.one::<dyn LineageBackend>().unwrap();
    let job = Job { namespace: "retail", name: job };
    let run_id = "2866553f-1347-41ca-bd56-95659a3e1c5d";
    backend.emit_event(&RunEvent {
        trace: Some(("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")),
        sql: Some("SELECT 1"),
        outputs: vec![Dataset {
            namespace: "retail",
            name: "totals",
            rows: Some(1),
            ..Dataset::default()
        }],
        ..RunEvent::new(RunState::Complete, SystemTime::UNIX_EPOCH, run_id, job)
    })
}

pub(crate) fn contract() -> Contract {
    let backend = || plugins(PluginType::LineageBackend, "console", json!({}));
    Contract::new(PluginType::LineageBackend, "console", "the terminal").operation(
        "emit_event",
        &[
            "lineage.job_name=shop.totals",
            "lineage.event_type=COMPLETE",
            "lineage.namespace=retail",
            "lineage.run_id=2866553f-1347-41ca-bd56-95659a3e1c5d",
        ],
        move || emit(&backend(), "shop.totals"),
        move || emit(&backend(), "shop\u{1b}[2J"),
    )
}
