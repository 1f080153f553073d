//! dbt: `floe trace-dbt`, the spans of dbt's commands, and the plugins that run dbt.
//!
//! dbt writes structured events into its log file. A named pipe in place of the file makes the events readable while
//! dbt runs, and environment variables set the format of the events, so dbt's standard streams, terminal and signals
//! stay untouched.

mod command;
mod event;
mod in_run;
mod invocation;
mod log_file;
mod manifest;
mod node;
mod outcome;
mod project;
mod reading;
mod run_results;
mod setting;
mod standby;
mod stream;
mod trace;

mod plugins {
    mod command_line;
    mod quality;
}

pub use self::command::{Ended, Product, Report, run};
pub use self::project::PARSED;
pub use self::trace::Recorded;
