//! Lineage on the terminal, one line for each event.

use std::io::{self, Write as _};

use floe_plugin::lineage::{LineageBackend, RunEvent};
use floe_plugin::{Error, ErrorKind, Lifecycle};
use floe_telemetry::printable;
use serde::Deserialize;

floe_plugin::plugin! {
    kind: LineageBackend,
    plugin: Console,
    name: "console",
    tracer: "floe.lineage.console",
    api: "1.0",
    description: "prints lineage events",
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Console {}

impl Lifecycle for Console {}

impl LineageBackend for Console {
    fn emit_event(&self, event: &RunEvent<'_>) -> Result<(), Error> {
        if event.job.name.contains(char::is_control) {
            let message = "the name of a job has a control character, expected none";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        let names = |data: &[floe_plugin::lineage::Dataset<'_>]| {
            let names: Vec<&str> = data.iter().map(|data| data.name).collect();
            names.join(", ")
        };
        let job = event.job.name;
        let state = event.state.as_str();
        let inputs = names(&event.inputs);
        let outputs = names(&event.outputs);
        let line = format!("lineage: {state} {job}: [{inputs}] -> [{outputs}]");
        Ok(writeln!(io::stderr().lock(), "{}", printable(&line))?)
    }
}
