//! Dagster Pipes for Rust: a process that Dagster runs reads its context, and reports assets, checks and logs.
//!
//! Dagster starts the process through `PipesSubprocessClient`, and passes the variables `DAGSTER_PIPES_CONTEXT` and
//! `DAGSTER_PIPES_MESSAGES`. [`Session::from_environment`] reads them. Each report is a line in the destination that
//! the second variable names, and becomes an event in Dagster's log.
//!
//! ```no_run
//! use floe_dagster_pipes::{Metadata, Session};
//!
//! # fn build(key: &str) -> Result<i64, std::io::Error> { Ok(3) }
//! # fn main() -> Result<(), floe_dagster_pipes::Error> {
//! let pipes = Session::from_environment()?;
//! let key = pipes.context().asset_keys.first().cloned().unwrap_or_default();
//! match build(&key) {
//!     Ok(rows) => {
//!         let metadata = [("dagster/row_count", Metadata::Int(rows))];
//!         pipes.report_asset_materialization(&key, &metadata, None)?;
//!         pipes.close()
//!     }
//!     // The process must also end with an exit code that is not 0.
//!     Err(error) => pipes.fail("LoadFailed", &error.to_string()),
//! }
//! # }
//! ```
//!
//! The size of the input from Dagster is limited, and invalid input is an [`Error`], never a panic. Credentials are
//! redacted, because Dagster stores and shows log records, metadata and exceptions. In exceptions, personal data is
//! redacted, too.
#![forbid(unsafe_code)]

mod context;
mod error;
mod message;
mod metadata;
mod param;
mod session;

pub use context::Context;
pub use error::Error;
pub use message::{Level, Severity};
pub use metadata::Metadata;
pub use session::Session;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
