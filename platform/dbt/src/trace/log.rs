//! dbt's log records.

use anstream::adapter::strip_str;
use tracing::Level;

use crate::event::Event;

/// Emits the message of an event, with the ids of the current span.
pub(crate) fn emit(event: &Event, dagster_run_id: Option<&str>) {
    let message = strip_str(event.message()).to_string();
    if message.trim().is_empty() {
        return;
    }
    macro_rules! emit {
        ($level:expr) => {
            tracing::event!(
                target: "dbt",
                $level,
                dbt.event = event.name(),
                dbt.code = event.code(),
                dbt.unique_id = event.node_key().map(|(id, _)| id),
                dbt.invocation_id = event.invocation_id(),
                dbt.timestamp = event.timestamp(),
                dagster.run_id = dagster_run_id,
                thread.name = event.thread(),
                "{message}"
            )
        };
    }
    match event.level() {
        "error" => emit!(Level::ERROR),
        "warn" => emit!(Level::WARN),
        "info" => emit!(Level::INFO),
        _ => emit!(Level::DEBUG),
    }
}
