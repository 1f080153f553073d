//! What the benchmarks share: the contestants, the measuring, the tables.
//!
//! Whoever makes spans in this crate is a [`contestant`]. Each runs in a process of its own, because
//! tracing's subscriber, fastrace's reporter and our provider are one for a process, and is measured
//! in turn with the others, so that a change of the machine's speed meets all of them.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on says so and ends, and prints its table"
)]

pub mod arguments;
pub mod bridge;
pub mod child;
pub mod contestant;
pub mod counting;
pub mod cpu_time;
pub mod drop_log;
pub mod growth;
pub mod logs;
pub mod metrics;
pub mod overhead;
pub mod paced;
pub mod pool;
pub mod receiver;
pub mod report;
pub mod sanitize;
pub mod sink;
pub mod span_cost;
pub mod statistics;
pub mod work;
