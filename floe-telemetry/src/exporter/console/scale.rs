//! Times as columns of the waterfall and as text.

use std::time::{Duration, SystemTime};

use opentelemetry_sdk::trace::SpanData;

/// The width of a formatted duration in columns.
pub(super) const DURATION: usize = 10;

/// The time axis.
pub(super) struct Scale {
    pub(super) start: SystemTime,
    pub(super) length: Duration,
    pub(super) columns: usize,
}

impl Scale {
    /// The number of columns before the bar, and the bar. Even the shortest span has a visible bar.
    pub(super) fn bar(&self, span: &SpanData) -> (usize, String) {
        let from = self
            .column(span.start_time)
            .min(self.columns.saturating_sub(1));
        let to = self.column(span.end_time).clamp(from, self.columns);
        match to - from {
            0 => (from, "▏".to_owned()),
            length => (from, "█".repeat(length)),
        }
    }

    fn column(&self, time: SystemTime) -> usize {
        let offset = time.duration_since(self.start).unwrap_or_default();
        if self.length.is_zero() {
            return 0;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a column number, from 0 to a few hundred"
        )]
        let column = (offset.as_secs_f64() / self.length.as_secs_f64() * self.columns as f64)
            .round() as usize;
        column
    }
}

/// Formats a duration with three significant digits, right-aligned.
pub(super) fn duration(time: Duration) -> String {
    let nanos = time.as_nanos();
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let (value, unit) = match nanos {
        0..1_000 => (nanos as f64, "ns"),
        1_000..1_000_000 => (nanos as f64 / 1e3, "µs"),
        1_000_000..1_000_000_000 => (nanos as f64 / 1e6, "ms"),
        _ => (nanos as f64 / 1e9, "s"),
    };
    let digits = if unit == "ns" || value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{:>DURATION$}", format!("{value:.digits$} {unit}"))
}
