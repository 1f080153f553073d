//! The warnings about dropped spans and about panics of the sampler.

use super::rate_limited::RateLimited;
use crate::internal_log::internal_log;
use crate::recorder;

/// The numbers at the last warning.
#[derive(Debug, Default)]
pub(super) struct DropWarnings {
    buffer_full: u64,
    memory: u64,
    queue_full: u64,
    rate: RateLimited,
    sampler_panics: u64,
    panic_rate: RateLimited,
}

impl DropWarnings {
    /// Begins with the counts of another provider, whose first dropped spans are reported at once.
    pub(super) fn restart(&mut self) {
        self.queue_full = 0;
        self.rate = RateLimited::default();
    }

    /// Warns about spans that were dropped since the last warning. `queue_full` is the total number
    /// of spans that were dropped because an exporter's queue was full.
    pub(super) fn warn(&mut self, queue_full: u64) {
        self.warn_of_sampler();
        let memory = recorder::dropped_for_memory();
        let buffer_full = recorder::dropped_spans().saturating_sub(memory);
        let is_new =
            buffer_full > self.buffer_full || memory > self.memory || queue_full > self.queue_full;
        if is_new && self.rate.is_due() {
            internal_log!(
                warn,
                buffer_full = buffer_full.saturating_sub(self.buffer_full),
                memory = memory - self.memory,
                queue_full = queue_full.saturating_sub(self.queue_full),
                "spans were dropped"
            );
            self.buffer_full = buffer_full;
            self.memory = memory;
            self.queue_full = queue_full;
        }
    }

    /// Warns about panics of the sampler. The threads that start spans only count them.
    fn warn_of_sampler(&mut self) {
        let panics = recorder::sampler_panics();
        if panics > self.sampler_panics && self.panic_rate.is_due() {
            internal_log!(
                warn,
                panics = panics - self.sampler_panics,
                "the sampler panicked: the spans are not sampled"
            );
            self.sampler_panics = panics;
        }
    }
}

#[cfg(test)]
#[cfg(feature = "tracing")]
mod tests {
    use std::fmt::Debug;
    use std::sync::{Arc, Mutex};

    use tracing::field::Field;
    use tracing::{Event, Subscriber};
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::{Context, SubscriberExt as _};

    use super::*;

    /// The values of `queue_full` in the warnings.
    #[derive(Clone, Default)]
    struct QueueFull(Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber> Layer<S> for QueueFull {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            event.record(&mut |field: &Field, value: &dyn Debug| {
                if field.name() == "queue_full"
                    && let Ok(mut values) = self.0.lock()
                {
                    values.push(format!("{value:?}"));
                }
            });
        }
    }

    #[test]
    fn each_provider_has_its_own_warning() {
        let messages = QueueFull::default();
        let subscriber = tracing_subscriber::registry().with(messages.clone());
        let mut warnings = DropWarnings::default();
        tracing::subscriber::with_default(subscriber, || {
            for queue_full in [0, 10_000, 10_001] {
                warnings.warn(queue_full);
            }
            warnings.restart();
            warnings.warn(9_000);
        });
        assert_eq!(*messages.0.lock().unwrap(), ["10000", "9000"]);
    }
}
