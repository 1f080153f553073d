//! The number of spans that the OpenTelemetry SDK dropped. It logs the number in a warning when it
//! is shut down.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Sums the dropped spans of the SDK's warnings.
#[derive(Clone, Debug, Default)]
pub struct DropLog(Arc<AtomicU64>);

impl DropLog {
    /// The number of dropped spans.
    #[must_use]
    pub fn spans(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl<S: Subscriber> Layer<S> for DropLog {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut Count(&self.0));
    }
}

struct Count<'a>(&'a AtomicU64);

impl Visit for Count<'_> {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "dropped_span_count" {
            self.0.fetch_add(value, Ordering::Relaxed);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // The SDK formats the number before it passes it to `tracing`.
        if let Ok(value) = format!("{value:?}").parse() {
            self.record_u64(field, value);
        }
    }
}
