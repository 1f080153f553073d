//! dbt: `floe trace-dbt`, the spans of dbt's commands, and the plugins that run dbt.
//!
//! dbt writes structured events into its log file. A named pipe in place of the file makes the events readable while
//! dbt runs, and environment variables of dbt set their format, so dbt's standard streams, terminal and signals stay
//! untouched.

mod manifest;
mod project;
mod run_results;

mod plugins {
    mod command_line;
    mod quality;
}

#[cfg(unix)]
mod command;
#[cfg(unix)]
mod event;
#[cfg(unix)]
mod in_run;
#[cfg(unix)]
mod invocation;
#[cfg(unix)]
mod log_file;
#[cfg(unix)]
mod node;
#[cfg(unix)]
mod reading;
#[cfg(unix)]
mod standby;
#[cfg(unix)]
mod stream;
#[cfg(unix)]
mod trace;

#[cfg(unix)]
pub use self::command::{Ended, Product, Report, run};
#[cfg(unix)]
pub use self::trace::Recorded;
