//! A command that starts other processes: their spans are children of its span, without a flag or a request.
//!
//! ```sh
//! cargo run -p floe-telemetry-examples --bin children
//! ```
//!
//! The context is in the environment of the children (`TRACEPARENT`), which each OpenTelemetry library can
//! read.

use std::error::Error;
use std::process::Command;

use floe_telemetry::propagation::{self, CommandExt};
use floe_telemetry::traced;

fn main() -> Result<(), Box<dyn Error>> {
    let _telemetry = floe_telemetry::init()?;
    match std::env::args().nth(1) {
        None => import(&["orders", "customers"]),
        Some(table) => {
            let _parent = propagation::from_environment().attach();
            load(&table)
        }
    }
}

#[traced(attributes(tables = tables.len()))]
fn import(tables: &[&str]) -> Result<(), Box<dyn Error>> {
    for table in tables {
        start(table)?;
    }

    Ok(())
}

#[traced(kind = client, attributes(table))]
fn start(table: &str) -> Result<(), Box<dyn Error>> {
    let status = Command::new(std::env::current_exe()?).arg(table).inject_context().status()?;
    if !status.success() {
        return Err(format!("the import of {table} failed: {status}").into());
    }

    Ok(())
}

#[traced(kind = server, attributes(table))]
fn load(table: &str) -> Result<(), Box<dyn Error>> {
    tracing::info!(table, "loaded");
    Ok(())
}
