//! The states of a provider, from its start to its shutdown.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, create_span};
use floe_tests::TIMEOUT;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::pipeline::{self, BOTH, Pipeline, config, in_memory, receiver, work};

fn start() -> (TelemetryProvider, MemoryExporter) {
    in_memory(TelemetryConfig::new("lifecycle"))
}

#[alone]
fn disabled_by_configuration() {
    let mut config = TelemetryConfig::new("off");
    config.enabled = false;
    let (telemetry, memory) = in_memory(config);
    assert!(telemetry.is_noop());
    assert!(!create_span("nothing").is_recording());
    work();
    telemetry.force_flush(TIMEOUT).unwrap();
    telemetry.shutdown(TIMEOUT).unwrap();
    assert!(memory.spans().is_empty());
}

#[alone]
fn invalid_configuration_leaves_nothing_behind() {
    let mut config = TelemetryConfig::new("");
    let error = TelemetryProvider::builder(config.clone()).initialize().unwrap_err();
    assert!(error.is_config());
    assert_eq!(
        error.to_string(),
        "resource_attributes.service_name: expected 1 to 128 characters, found 0"
    );

    config.resource_attributes.service_name.push_str("ok");
    let mut unknown = config.clone();
    "jeager".clone_into(&mut unknown.backend);
    assert_eq!(
        TelemetryProvider::builder(unknown).initialize().unwrap_err().to_string(),
        "backend: expected `console` or `otlp`, found `jeager`"
    );

    config.otlp_endpoint = Some(format!("https://user:hunter2@{}", "collector:4317"));
    let error = TelemetryProvider::builder(config).initialize().unwrap_err();
    assert!(error.is_config());
    let error = error.to_string();
    let expected = "otlp_endpoint: `https://<REDACTED>@collector:4317` is not an endpoint: ";
    assert!(error.starts_with(expected), "{error}");
    assert!(!create_span("nothing").is_recording());
}

/// Panics at its first export, or already at the start if `at_the_start` is set. For metrics, its shutdown panics, too.
#[derive(Debug)]
pub(super) struct Panicking {
    at_the_start: bool,
    exports: AtomicUsize,
}

impl Panicking {
    pub(super) fn new(at_the_start: bool) -> Self {
        Self { at_the_start, exports: AtomicUsize::new(0) }
    }

    #[expect(clippy::unnecessary_wraps, reason = "the result of an export")]
    fn export(&self) -> OTelSdkResult {
        assert!(self.exports.fetch_add(1, Ordering::SeqCst) > 0, "token=hunter2 lost");
        Ok(())
    }
}

impl SpanExporter for Panicking {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        self.export()
    }

    fn set_resource(&mut self, _: &Resource) {
        assert!(!self.at_the_start, "token=hunter2 lost");
    }
}

impl PushMetricExporter for Panicking {
    async fn export(&self, _: &ResourceMetrics) -> OTelSdkResult {
        self.export()
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        panic!("the end")
    }

    fn temporality(&self) -> Temporality {
        assert!(!self.at_the_start, "token=hunter2 lost");
        Temporality::Cumulative
    }
}

#[alone]
fn an_exporter_that_panics_at_the_start_leaves_nothing_behind() {
    let memory = MemoryExporter::new();
    let builder = || TelemetryProvider::builder(TelemetryConfig::new("panics"));
    let error = builder()
        .with_span_exporter(memory.clone())
        .with_span_exporter(Panicking::new(true))
        .initialize()
        .unwrap_err();
    assert!(error.is_export());
    assert_eq!(error.to_string(), "the exporter `Panicking` panicked while it was created");
    let error = builder().with_metric_exporter(Panicking::new(true)).initialize().unwrap_err();
    assert!(error.is_export());
    assert_eq!(error.to_string(), "an exporter panicked while the provider was started");
    let (telemetry, memory) = start();
    work();
    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(memory.spans().len(), 1);
}

#[alone]
fn only_one_provider_at_a_time() {
    let (telemetry, memory) = start();
    let second =
        TelemetryProvider::builder(TelemetryConfig::new("second")).initialize().unwrap_err();
    assert!(second.is_state());
    // The rejected provider did not replace the first one.
    work();
    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(memory.spans().len(), 1);
    work();
    telemetry.shutdown(TIMEOUT).unwrap();
    telemetry.force_flush(TIMEOUT).unwrap();
    assert_eq!(memory.spans().len(), 1);
    assert!(!telemetry.is_noop());

    let (second, again) = start();
    drop(telemetry);
    work();
    second.shutdown(TIMEOUT).unwrap();
    assert_eq!((memory.spans().len(), again.spans().len()), (1, 1));
}

#[alone]
fn a_flush_delivers_every_span_that_ended_before_it() {
    const THREADS: usize = 8;
    let Pipeline { receiver, telemetry } = Pipeline::http(|_| ());
    let ended = AtomicUsize::new(0);
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                barrier.wait();
                for _ in 0..20 {
                    for _ in 0..5 {
                        work();
                        ended.fetch_add(1, Ordering::SeqCst);
                    }

                    let before = ended.load(Ordering::SeqCst);
                    telemetry.force_flush(TIMEOUT).unwrap();
                    assert!(receiver.spans().len() >= before);
                }
            });
        }
    });

    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(receiver.spans().len(), THREADS * 100);
}

#[alone]
fn a_panicking_exporter_loses_only_its_batch() {
    let memory = MemoryExporter::new();
    let telemetry = TelemetryProvider::builder(TelemetryConfig::new("panics"))
        .with_span_exporter(Panicking::new(false))
        .with_span_exporter(memory.clone())
        .with_metric_exporter(Panicking::new(false))
        .initialize()
        .unwrap();
    work();
    let error = telemetry.force_flush(TIMEOUT).unwrap_err();
    let reason = "the exporter panicked: token=<REDACTED> lost";
    assert_eq!(
        error.to_string(),
        format!(
            "exporter `Panicking`: 1 span failed: {reason}; metrics failed for the same reason"
        )
    );

    work();
    telemetry.force_flush(TIMEOUT).unwrap();
    assert!(telemetry.shutdown(TIMEOUT).unwrap_err().is_export());
    assert_eq!(memory.spans().len(), 2);
    let statistics = telemetry.statistics();
    assert_eq!((statistics.failed, statistics.exported), (1, 3));
}

/// The exporters have their own runtime. Therefore a flush returns even if it blocks the only thread of the host's
/// runtime, and a shutdown returns even if that runtime is gone.
#[alone]
fn any_runtime_of_the_host_is_supported() {
    use tokio::runtime::Builder;

    for protocol in BOTH {
        let receiver = receiver(protocol);
        let mut sent = 0;
        for runtime in [
            Builder::new_current_thread().build().unwrap(),
            Builder::new_multi_thread().worker_threads(1).build().unwrap(),
        ] {
            let config = config(protocol, receiver.endpoint());
            let telemetry = runtime.block_on(async {
                let telemetry = pipeline::start(config);
                work();
                telemetry.force_flush(TIMEOUT).unwrap();
                telemetry
            });

            sent += 1;
            assert_eq!(receiver.spans().len(), sent);
            drop(runtime);
            work();
            telemetry.shutdown(TIMEOUT).unwrap();
            sent += 1;
            assert_eq!(receiver.spans().len(), sent);
        }
    }
}

#[alone]
fn concurrent_shutdown_and_flush_are_safe() {
    for _ in 0..20 {
        let (telemetry, memory) = start();
        work();
        let barrier = Barrier::new(16);
        thread::scope(|scope| {
            for n in 0..16 {
                let telemetry = &telemetry;
                let barrier = &barrier;
                let memory = &memory;
                scope.spawn(move || {
                    barrier.wait();
                    if n % 2 == 0 {
                        telemetry.shutdown(TIMEOUT).unwrap();
                        assert_eq!(memory.spans().len(), 1);
                    } else {
                        telemetry.force_flush(TIMEOUT).unwrap();
                    }
                });
            }
        });

        assert_eq!(memory.spans().len(), 1);
    }
}

#[derive(Debug)]
struct Blocked {
    started: Sender<()>,
    allowed: Mutex<mpsc::Receiver<()>>,
}

impl SpanExporter for Blocked {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        self.started.send(()).unwrap();
        let allowed = self.allowed.lock().unwrap().recv_timeout(TIMEOUT);
        allowed.map_err(|error| OTelSdkError::InternalFailure(error.to_string()))
    }
}

#[alone]
fn a_second_shutdown_waits_for_the_first() {
    let (started, is_started) = mpsc::channel();
    let (allow, allowed) = mpsc::channel();
    let allowed = Mutex::new(allowed);
    let telemetry = TelemetryProvider::builder(TelemetryConfig::new("twice"))
        .with_span_exporter(Blocked { started, allowed })
        .initialize()
        .unwrap();
    work();
    thread::scope(|scope| {
        let first = scope.spawn(|| telemetry.shutdown(TIMEOUT));
        is_started.recv_timeout(TIMEOUT).unwrap();
        let error = telemetry.shutdown(Duration::from_millis(50)).unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert!(error.to_string().contains("spans pending: 1"), "{error}");
        allow.send(()).unwrap();
        telemetry.shutdown(TIMEOUT).unwrap();
        assert_eq!(telemetry.statistics().exported, 1);
        first.join().unwrap().unwrap();
    });
}
