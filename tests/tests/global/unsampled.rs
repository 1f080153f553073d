//! A process whose spans wait for the decision of the one that began the trace.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use floe_telemetry::config::{ExporterKind, OtlpProtocol, Signal};
use floe_telemetry::exporter::{OtlpRequest, OtlpWriter, send_requests};
use floe_telemetry::{TelemetryConfig, TelemetryProvider, get_tracer, propagation, traced};
use floe_tests::{Receiver, ReservedPort, remote};
use opentelemetry::trace::{Span as _, Tracer as _};

const TIMEOUT: Duration = Duration::from_secs(3600);

/// Keeps requests.
#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<Vec<Vec<u8>>>>);

impl OtlpWriter for Kept {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn write(
        &mut self,
        request: OtlpRequest<'_>,
        _: Duration,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.0.lock().unwrap().push(request.protobuf().to_vec());
        Ok(())
    }
}

#[traced(name = "step")]
fn step() -> String {
    get_tracer("plain").start("child").end();
    propagation::inject_headers()["traceparent"].clone()
}

fn config(endpoint: &str) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("step");
    config.sampling.dev = Some(0.0);
    config.sampling.keep_errors = true;
    config.otlp_endpoint = Some(endpoint.to_owned());
    config.otlp_protocol = Some(OtlpProtocol::Http);
    config
}

#[test]
fn unsampled_spans_are_kept_and_sent_later() {
    floe_tests::alone!();
    let kept = Kept::default();
    let receiver = Receiver::http();
    let mut of_step = config(&receiver.endpoint());
    of_step.exporters.traces = Some(Vec::<ExporterKind>::new());
    let telemetry = TelemetryProvider::builder(of_step)
        .with_unsampled_spans()
        .with_otlp_writer(Signal::Traces, kept.clone())
        .initialize()
        .unwrap();
    let flags = |is_sampled| {
        let _parent = remote(is_sampled).attach();
        let traceparent = step();
        traceparent.rsplit('-').next().unwrap().to_owned()
    };
    assert_eq!((flags(false), flags(true)), ("00".to_owned(), "01".to_owned()));
    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(telemetry.statistics().exported, 4);
    assert_eq!(receiver.spans(), []);

    let requests = kept.0.lock().unwrap().clone();
    let here = config(&receiver.endpoint());
    send_requests(&here, Signal::Traces, requests.clone(), TIMEOUT).unwrap();
    let spans = receiver.spans();
    let names: Vec<_> = spans.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["step", "step", "child", "child"]);
    for (step, child) in spans[..2].iter().zip(&spans[2..]) {
        assert_eq!(child.parent_span_id, step.span_id);
        assert_eq!(step.parent_span_id, "0000000000000007");
        assert_eq!(step.resource["service.name"], "step".into());
    }
    // Those that were not sampled represent only themselves.
    let bytes = requests.concat();
    let marked = bytes.windows(7).filter(|it| it == b"ot=th:0");
    assert_eq!(marked.count(), 2);

    // A receiver that is not there is given up long before the timeout.
    let nobody = ReservedPort::new().endpoint();
    let error = send_requests(&config(&nobody), Signal::Traces, requests, TIMEOUT).unwrap_err();
    assert!(error.is_export() && !error.is_rejected());
    assert!(error.to_string().contains(&nobody), "{error}");
}
