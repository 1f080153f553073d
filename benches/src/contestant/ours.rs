//! floe-telemetry, with its attribute macro.

use std::time::Duration;

use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};

use super::{CHILDREN, Functions, State, annotated, annotated_methods};
use crate::sink::Sink;
use crate::work::{text, work, work_async};

const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Ours {
    provider: Option<TelemetryProvider>,
}

impl Ours {
    pub(super) fn start(state: State, sink: &Sink, mut config: TelemetryConfig) -> Self {
        config.sampling =
            config.sampling.clone().with_ratio(if state == State::Sampled { 1.0 } else { 0.0 });
        let provider = (state != State::Off).then(|| {
            if let Sink::Otlp(otlp) = sink {
                config.otlp_endpoint = Some(otlp.endpoint.clone());
                config.otlp_protocol = Some(otlp.protocol.ours());
            }

            let mut builder = TelemetryProvider::builder(config);
            if let Sink::Counting(counting) = sink {
                builder = builder.with_span_exporter(counting.clone());
            }

            builder.initialize().expect("the provider starts")
        });

        Self { provider }
    }
}

annotated!(#[traced], n, (), (, attributes(rows = n, engine = "sqlite", table = text())));

#[traced(name = "root")]
fn unsampled(act: &mut dyn FnMut()) {
    act();
}

impl Functions for Ours {
    annotated_methods!();

    fn below_unsampled_root(&self, act: &mut dyn FnMut()) {
        unsampled(act);
    }

    fn flush(&self) {
        if let Some(provider) = &self.provider {
            provider.force_flush(TIMEOUT).expect("spans are delivered");
        }
    }

    fn end(&self) -> Option<u64> {
        let provider = self.provider.as_ref()?;
        provider.shutdown(TIMEOUT).expect("the provider shuts down");
        let counted = provider.statistics();
        Some(counted.dropped_buffer_full + counted.dropped_queue_full + counted.failed)
    }
}
