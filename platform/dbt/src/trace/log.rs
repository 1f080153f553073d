//! dbt's log records.

use tracing::Level;

use crate::event::without_colours;

/// A message of dbt, with its ids.
#[derive(Debug)]
pub(crate) struct LogRecord<'a> {
    /// `debug`, `info`, `warn` or `error`.
    pub(crate) level: &'a str,
    pub(crate) message: &'a str,
    pub(crate) event: &'a str,
    pub(crate) code: &'a str,
    pub(crate) unique_id: Option<&'a str>,
    pub(crate) invocation_id: &'a str,
    pub(crate) timestamp: &'a str,
    pub(crate) dagster_run_id: Option<&'a str>,
    pub(crate) thread: &'a str,
}

impl LogRecord<'_> {
    /// Emits the record, with the ids of the current span.
    pub(crate) fn emit(&self) {
        let message = without_colours(self.message);
        macro_rules! emit {
            ($level:expr) => {
                tracing::event!(
                    target: "dbt",
                    $level,
                    dbt.event = self.event,
                    dbt.code = self.code,
                    dbt.unique_id = self.unique_id,
                    dbt.invocation_id = self.invocation_id,
                    dbt.timestamp = self.timestamp,
                    dagster.run_id = self.dagster_run_id,
                    thread.name = self.thread,
                    "{message}"
                )
            };
        }
        match self.level {
            "error" => emit!(Level::ERROR),
            "warn" => emit!(Level::WARN),
            "info" => emit!(Level::INFO),
            _ => emit!(Level::DEBUG),
        }
    }
}
