//! Code shared by the benchmarks: contestants, measurement, checks and reports.
//!
//! A [`contestant`] is a library that records spans, or a baseline. Each contestant runs in its own
//! process, because tracing's subscriber, fastrace's reporter and our provider are global to a process.
//! The contestants are measured in turn, so that a change of the machine's speed affects all of them.

#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a benchmark prints its table, and panics with a message when it cannot continue"
)]
#![expect(missing_docs, reason = "a comment has what the name does not say")]

pub mod arguments;
pub mod checks;
pub mod child;
pub mod contestant;
pub mod counting;
pub mod cpu_time;
pub mod drop_log;
pub mod gate;
pub mod log_delivery;
pub mod logs;
pub mod paced;
pub mod pool;
pub mod receiver;
pub mod report;
pub mod sanitize;
pub mod sink;
pub mod span_cost;
pub mod statistics;
pub mod work;
