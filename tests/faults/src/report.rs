//! The report that a program sends to the check of its scenario.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use floe_telemetry::trace::Statistics;
use floe_tests::Receiver;
use serde::{Deserialize, Serialize};

use crate::soak::Sample;

/// The tolerance of checked durations: on a busy machine, an operation may take this much longer than its timeout.
pub(crate) const SLACK: Duration = Duration::from_secs(10);

#[derive(Debug, Deserialize, Serialize)]
pub(crate) enum Message {
    /// The program has reached this phase, and waits for a line on its standard input.
    Waiting(String),
    Sample(Sample),
    Report(Box<Report>),
}

impl Message {
    pub(crate) fn send(&self) {
        if let Ok(line) = serde_json::to_string(self) {
            let mut out = io::stdout().lock();
            let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Report {
    /// The number of spans that the program has recorded.
    pub(crate) created: u64,
    /// The number of calls whose result differs from that of the function without telemetry.
    pub(crate) wrong_results: u64,
    pub(crate) counters: Counters,
    /// The number of spans that have arrived at the receiver, if the check counts them.
    pub(crate) arrived: u64,
    /// The number of arrived spans that are not counted as exported, for example because the response came too late.
    pub(crate) unconfirmed: u64,
    /// Flushes, shutdowns and other operations, by the names that the program gave them.
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) calls: Calls,
    pub(crate) log: String,
    pub(crate) stderr: String,
    pub(crate) peak_memory_kib: u64,
    pub(crate) threads: u64,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Counters {
    pub(crate) exported: u64,
    pub(crate) failed: u64,
    /// The sum of the other fields from `queue_full` to `sampled_out`.
    pub(crate) dropped: u64,
    pub(crate) queue_full: u64,
    pub(crate) buffer_full: u64,
    pub(crate) memory: u64,
    pub(crate) shutdown: u64,
    pub(crate) without_provider: u64,
    pub(crate) sampled_out: u64,
    /// The number of spans that are queued or being exported.
    pub(crate) pending: u64,
}

impl Counters {
    pub(crate) fn of(counted: &Statistics) -> Self {
        Self {
            exported: counted.exported,
            failed: counted.failed,
            dropped: counted.dropped_queue_full
                + counted.dropped_buffer_full
                + counted.dropped_memory
                + counted.dropped_shutdown
                + counted.dropped_without_provider
                + counted.sampled_out,
            queue_full: counted.dropped_queue_full,
            buffer_full: counted.dropped_buffer_full,
            memory: counted.dropped_memory,
            shutdown: counted.dropped_shutdown,
            without_provider: counted.dropped_without_provider,
            sampled_out: counted.sampled_out,
            pending: counted.pending,
        }
    }

    pub(crate) const fn all(&self) -> u64 {
        self.exported + self.failed + self.dropped + self.pending
    }
}

/// The durations of calls, without the times for which their threads have waited for a processor.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Calls {
    pub(crate) count: u64,
    pub(crate) p999_nanos: u64,
    pub(crate) max_nanos: u64,
}

impl Calls {
    pub(crate) fn of(mut nanos: Vec<u64>) -> Self {
        nanos.sort_unstable();
        // The smallest duration that 999 of 1000 calls do not exceed.
        let rank = (nanos.len() * 999).div_ceil(1000);
        let p999 = rank.checked_sub(1).and_then(|index| nanos.get(index));
        Self {
            count: nanos.len() as u64,
            p999_nanos: p999.copied().unwrap_or_default(),
            max_nanos: nanos.last().copied().unwrap_or_default(),
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Operation {
    pub(crate) duration: Duration,
    pub(crate) error: Option<String>,
}

impl Report {
    pub(crate) fn arrived_at(self, receiver: &Receiver) -> Self {
        self.arrived_in(receiver.spans().len())
    }

    pub(crate) fn arrived_in(mut self, spans: usize) -> Self {
        self.arrived = spans as u64;
        self
    }

    pub(crate) fn operation(&self, name: &str) -> Result<&Operation> {
        let operation = self.operations.get(name);
        operation.with_context(|| format!("the report has no operation `{name}`"))
    }

    /// Returns an operation. Fails if it took as long as `timeout` and [`SLACK`] together, or longer.
    pub(crate) fn ended_at(&self, name: &str, timeout: Duration) -> Result<&Operation> {
        let operation = self.operation(name)?;
        ensure!(operation.duration < timeout + SLACK, "{name}: {operation:?}");
        Ok(operation)
    }

    pub(crate) fn succeeded(&self, names: &[&str]) -> Result<()> {
        for name in names {
            let error = self.error(name)?;
            ensure!(error.is_empty(), "{name}: {error}: {self:?}");
        }

        Ok(())
    }

    /// Fails unless the error of the operation contains all `parts`.
    pub(crate) fn failed(&self, name: &str, parts: &[&str]) -> Result<()> {
        let error = self.error(name)?;
        ensure!(parts.iter().all(|part| error.contains(part)), "{name}: {error}");
        Ok(())
    }

    pub(crate) fn error(&self, name: &str) -> Result<&str> {
        Ok(self.operation(name)?.error.as_deref().unwrap_or_default())
    }
}
