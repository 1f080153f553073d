//! Counters of spans and log records by their outcome.

use std::sync::atomic::{AtomicU64, Ordering};

use super::exports::Exports;
use crate::recorder;
use crate::sanitizer::Rule;

/// The numbers of spans and log records of a provider by their outcome. Every recorded span is counted as
/// exported, failed, dropped or sampled out once it has ended and the queues are empty.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Statistics {
    /// Spans that the collector has read from the threads' buffers.
    pub collected: u64,
    /// Spans that were exported; with several exporters, once for each.
    pub exported: u64,
    /// Spans in batches that could not be exported.
    pub failed: u64,
    /// Spans dropped because an exporter's queue was full.
    pub dropped_queue_full: u64,
    /// Spans dropped because a thread's buffer was full, since the process started.
    pub dropped_buffer_full: u64,
    /// Spans that ended while there was no provider, since the process started.
    pub dropped_without_provider: u64,
    /// Calls without a span that are missing from the metrics because a thread's buffer for them was
    /// full, since the process started.
    pub missed_calls: u64,
    /// Spans that tail sampling buffers at this moment: their trace is not decided, or an exporter's queue
    /// has no room for them.
    pub tail_buffered: u64,
    /// Spans that tail sampling has kept because a span of their trace failed. They are exported like
    /// others.
    pub kept_error: u64,
    /// Spans that tail sampling has kept because the root of their trace was slow.
    pub kept_slow: u64,
    /// Spans that tail sampling has buffered and then discarded.
    pub sampled_out: u64,
    /// Log records that were exported; with several exporters, once for each.
    pub logs_exported: u64,
    /// Log records in batches that could not be exported.
    pub logs_failed: u64,
    /// Log records dropped because an exporter's queue was full.
    pub logs_dropped: u64,
    /// By the index of the rule in [`Rule::NAMES`].
    redacted: [u64; Rule::NAMES.len()],
}

impl Statistics {
    /// Returns the number of redactions by the name of the rule, for rules with at least one.
    ///
    /// A redaction is one `<REDACTED>`. The message of an error, which its span has as attribute, in an
    /// event and in its status, is redacted and counted once. The names are stable:
    ///
    /// | rule | what it removes |
    /// |---|---|
    /// | `url_userinfo` | user and password before the `@` of a URL or an address |
    /// | `url_path` | a random path segment of a webhook |
    /// | `key_value` | the value of a sensitive key |
    /// | `header` | `Authorization` and its schemes |
    /// | `cookie` | the value of a cookie |
    /// | `command_line` | an argument of a command |
    /// | `token_format` | a token with the prefix of its vendor |
    /// | `jwt` | a JSON web token |
    /// | `pem` | a private key |
    /// | `email`, `ssn`, `card`, `iban`, `phone` | personal data |
    /// | `user_pattern` | matches of a pattern of [`RedactionConfig`](crate::config::RedactionConfig) |
    ///
    /// ```
    /// # let telemetry = floe_telemetry::TelemetryProvider::builder(
    /// #     floe_telemetry::TelemetryConfig::new("orders")).initialize()?;
    /// for (rule, count) in telemetry.statistics().redacted() {
    ///     println!("{rule}: {count}");
    /// }
    /// # Ok::<(), floe_telemetry::Error>(())
    /// ```
    pub fn redacted(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let rules = Rule::NAMES.into_iter().zip(self.redacted);
        rules.filter(|(_, count)| *count > 0)
    }
}

/// Spans that ended while there was no provider.
static WITHOUT_PROVIDER: AtomicU64 = AtomicU64::new(0);

pub(super) fn count_without_provider() {
    WITHOUT_PROVIDER.fetch_add(1, Ordering::Relaxed);
}

/// The counters behind [`Statistics`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) collected: AtomicU64,
    pub(crate) exported: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) dropped_queue_full: AtomicU64,
    pub(super) tail_buffered: AtomicU64,
    pub(super) kept_error: AtomicU64,
    pub(super) kept_slow: AtomicU64,
    pub(super) sampled_out: AtomicU64,
    pub(crate) logs_exported: AtomicU64,
    pub(crate) logs_failed: AtomicU64,
    pub(crate) logs_dropped: AtomicU64,
    pub(crate) exports: Exports,
    redacted: [AtomicU64; Rule::NAMES.len()],
}

impl Counters {
    /// Counts a redaction.
    pub(super) fn count_redaction(&self, rule: Rule) {
        self.redacted[rule.index()].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Statistics {
        Statistics {
            collected: self.collected.load(Ordering::Relaxed),
            exported: self.exported.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            dropped_queue_full: self.dropped_queue_full.load(Ordering::Relaxed),
            tail_buffered: self.tail_buffered.load(Ordering::Relaxed),
            kept_error: self.kept_error.load(Ordering::Relaxed),
            kept_slow: self.kept_slow.load(Ordering::Relaxed),
            sampled_out: self.sampled_out.load(Ordering::Relaxed),
            logs_exported: self.logs_exported.load(Ordering::Relaxed),
            logs_failed: self.logs_failed.load(Ordering::Relaxed),
            logs_dropped: self.logs_dropped.load(Ordering::Relaxed),
            dropped_buffer_full: recorder::dropped_spans(),
            dropped_without_provider: WITHOUT_PROVIDER.load(Ordering::Relaxed),
            missed_calls: recorder::missed_calls(),
            redacted: self
                .redacted
                .each_ref()
                .map(|count| count.load(Ordering::Relaxed)),
        }
    }
}
