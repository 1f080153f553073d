//! The metrics of requests, by OpenTelemetry's conventions for
//! [HTTP](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/) and
//! [RPC](https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/).

use std::time::Instant;

use floe_telemetry::MetricRecorder;
use floe_telemetry::metrics::{Metric, is_enabled};
use opentelemetry::{KeyValue, Value};

use crate::kind::Kind;

static METRICS: MetricRecorder =
    MetricRecorder::new(env!("CARGO_PKG_NAME")).with_version(env!("CARGO_PKG_VERSION"));

/// The boundaries of durations in seconds, advised by both conventions.
const SECONDS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

const fn duration(name: &'static str, description: &'static str) -> Metric<'static> {
    Metric::new(name).with_unit("s").with_description(description).with_boundaries(SECONDS)
}

const SERVER_DURATION: Metric<'_> =
    duration("http.server.request.duration", "Duration of HTTP server requests.");
const CLIENT_DURATION: Metric<'_> =
    duration("http.client.request.duration", "Duration of HTTP client requests.");
const RPC_SERVER_DURATION: Metric<'_> = duration(
    "rpc.server.call.duration",
    "Measures the duration of an incoming Remote Procedure Call (RPC).",
);
const RPC_CLIENT_DURATION: Metric<'_> = duration(
    "rpc.client.call.duration",
    "Measures the duration of an outgoing Remote Procedure Call (RPC).",
);

const ACTIVE: Metric<'_> = Metric::new("http.server.active_requests")
    .with_unit("{request}")
    .with_description("Number of active HTTP server requests.");

#[derive(Debug)]
struct Active([KeyValue; 2]);

impl Drop for Active {
    fn drop(&mut self) {
        METRICS.add(ACTIVE, -1, &self.0);
    }
}

#[derive(Debug)]
pub(crate) struct Measurement {
    started: Instant,
    attributes: Vec<KeyValue>,
    // Boxed, because few requests have this value, and every move of a measurement would otherwise copy it.
    _active: Option<Box<Active>>,
}

impl Measurement {
    /// Starts a measurement, or returns `None` if metrics are not recorded.
    pub(crate) fn start(attributes: impl FnOnce() -> Vec<KeyValue>) -> Option<Self> {
        is_enabled().then(|| Self {
            started: Instant::now(),
            attributes: attributes(),
            _active: None,
        })
    }

    pub(crate) fn active(self, attributes: [KeyValue; 2]) -> Self {
        METRICS.add(ACTIVE, 1, &attributes);
        Self { _active: Some(Box::new(Active(attributes))), ..self }
    }

    pub(crate) fn set(&mut self, key: &'static str, value: Value) {
        let same = |attribute: &&mut KeyValue| attribute.key.as_str() == key;
        match self.attributes.iter_mut().find(same) {
            Some(attribute) => attribute.value = value,
            None => self.attributes.push(KeyValue::new(key, value)),
        }
    }

    pub(crate) fn record(&self, kind: Kind) {
        let metric = match kind {
            Kind::HttpServer => SERVER_DURATION,
            Kind::HttpClient => CLIENT_DURATION,
            Kind::GrpcServer => RPC_SERVER_DURATION,
            Kind::GrpcClient => RPC_CLIENT_DURATION,
        };
        METRICS.record_histogram(metric, self.started.elapsed(), &self.attributes);
    }
}
