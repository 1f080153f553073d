//! The memory of spans that are not exported is bounded in bytes, and every span is counted at every
//! moment.

use std::sync::Barrier;
use std::time::Duration;

use floe_telemetry::config::ExporterKind;
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::trace::Statistics;
use floe_telemetry::{MetricRecorder, TelemetryConfig, TelemetryProvider, span, traced};
use floe_tests::{TIMEOUT, wait_until};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::pipeline::{Blocked, Pipeline, in_memory, work};

const MIB: usize = 1024 * 1024;

fn large(bytes: usize) {
    drop(span("large").attribute("text", "x".repeat(bytes)).start());
}

fn config() -> TelemetryConfig {
    let mut config = TelemetryConfig::new("memory");
    // The final flush of metrics would wait for the exporter, too.
    config.exporters.metrics = Some(vec![ExporterKind::None]);
    // The timeout is so long that a blocked exporter loses nothing.
    config.batch_processor.export_timeout_millis = 3_600_000;
    config
}

fn start(
    exporter: impl SpanExporter + 'static,
    change: impl FnOnce(&mut TelemetryConfig),
) -> TelemetryProvider {
    let mut config = config();
    change(&mut config);
    TelemetryProvider::builder(config).with_span_exporter(exporter).initialize().unwrap()
}

/// Blocks until it is released, and then passes spans on to a second exporter.
#[derive(Debug)]
struct Later(Blocked, MemoryExporter);

impl SpanExporter for Later {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        SpanExporter::export(&self.0, Vec::new()).await?;
        self.1.export(batch).await
    }
}

/// An exporter whose future is never ready.
#[derive(Debug)]
struct Pending;

impl SpanExporter for Pending {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        std::future::pending().await
    }
}

fn accounted(counted: &Statistics) -> u64 {
    counted.exported
        + counted.failed
        + counted.dropped_queue_full
        + counted.dropped_buffer_full
        + counted.dropped_memory
        + counted.dropped_shutdown
        + counted.dropped_without_provider
        + counted.sampled_out
        + counted.pending
}

#[track_caller]
fn assert_accounted(telemetry: &TelemetryProvider, spans: u64) {
    let counted = telemetry.statistics();
    assert_eq!(accounted(&counted), spans, "{counted:?}");
}

fn await_none_pending(telemetry: &TelemetryProvider, spans: u64) -> Statistics {
    wait_until(|| {
        assert_accounted(telemetry, spans);
        telemetry.statistics().pending == 0
    });

    telemetry.statistics()
}

/// Reads a size from `/proc/self/status`, in bytes.
#[cfg(target_os = "linux")]
fn of_process(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<usize>().unwrap() * 1024
}

#[cfg(target_os = "linux")]
#[alone]
fn a_huge_text_is_cut_before_it_is_copied() {
    let memory = MemoryExporter::new();
    let telemetry = start(memory.clone(), |_| ());
    let text = "x".repeat(256 * MIB);
    let before = of_process("VmHWM:");
    drop(span("copied").attribute("text", text.as_str()).start());
    drop(span("moved").attribute("text", text).start());
    telemetry.shutdown(TIMEOUT).unwrap();
    let grown = of_process("VmHWM:") - before;
    assert!(grown < 64 * MIB, "{} MiB", grown / MIB);
    let spans = memory.spans();
    assert_eq!(spans.len(), 2);
    for span in spans {
        let text = span.attributes.iter().find(|it| it.key.as_str() == "text");
        assert_eq!(text.unwrap().value.as_str().len(), 65_536, "{}", span.name);
    }
}

#[traced(attributes(number, name = "burst", text))]
fn order(number: u64, text: &str) {}

#[traced]
fn orders(count: u64) {
    for number in 0..count {
        order(number, "short");
    }
}

#[alone]
fn a_burst_of_one_thread_is_delivered_whole() {
    const BURST: u64 = 100_000;

    let blocked = Blocked::default();
    let telemetry = start(blocked.clone(), |_| ());
    // The second burst reuses the buffers of the first one.
    for n in 1..=2 {
        orders(BURST - 1);
        let counted = telemetry.statistics();
        assert_eq!(accounted(&counted), n * BURST, "{counted:?}");
        assert_eq!(counted.pending + counted.exported, n * BURST, "{counted:?}");
        blocked.release();
        telemetry.force_flush(TIMEOUT).unwrap();
        assert_eq!(telemetry.statistics().exported, n * BURST);
        blocked.block();
    }

    blocked.release();
    telemetry.shutdown(TIMEOUT).unwrap();
}

/// If there is no room, the leaves of a trace are lost first.
#[alone]
fn without_room_roots_and_failed_spans_are_kept_before_leaves() {
    #[traced]
    fn fails(number: u64) -> Result<u64, String> {
        Err(format!("{number}"))
    }

    let blocked = Blocked::default();
    let memory = MemoryExporter::new();
    let telemetry =
        start(Later(blocked.clone(), memory.clone()), |config| config.max_memory_bytes = MIB);
    orders(20_000);
    let _ = fails(7);
    blocked.release();
    telemetry.shutdown(TIMEOUT).unwrap();
    let counted = telemetry.statistics();
    assert!(counted.dropped_buffer_full > 10_000, "{counted:?}");
    let spans = memory.spans();
    for name in ["orders", "fails"] {
        assert!(spans.iter().any(|span| span.name == name), "{name}: {counted:?}");
    }
}

/// There is not enough memory for a buffer of each thread, so threads share buffers.
#[alone]
fn a_thread_without_a_buffer_shares_one() {
    const THREADS: usize = 300;

    let memory = MemoryExporter::new();
    // This is enough memory for about 64 buffers.
    let telemetry = start(memory.clone(), |config| config.max_memory_bytes = 8 * MIB);
    let barrier = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                work();
                barrier.wait();
                work();
            });
        }
    });

    telemetry.shutdown(TIMEOUT).unwrap();
    let counted = telemetry.statistics();
    assert_eq!(counted.exported, 2 * THREADS as u64, "{counted:?}");
}

/// The first span of a thread must reserve little, because each reserved page is resident if memory is locked.
#[cfg(target_os = "linux")]
#[alone]
fn the_first_span_of_a_thread_reserves_little_where_memory_is_locked() {
    use rustix::mm::{MlockAllFlags, mlockall};

    const THREADS: usize = 20;
    const STACK: usize = 64 * 1024;

    let telemetry = start(MemoryExporter::new(), |_| ());
    // Only memory that is reserved from here on is locked, because RLIMIT_MEMLOCK allows everybody some MiB, but not a
    // whole program.
    mlockall(MlockAllFlags::FUTURE).unwrap();
    let begun = Barrier::new(THREADS + 1);
    let ended = Barrier::new(THREADS + 1);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            let thread = std::thread::Builder::new().stack_size(STACK);
            let run = || {
                begun.wait();
                begun.wait();
                work();
                ended.wait();
                ended.wait();
            };

            thread.spawn_scoped(scope, run).unwrap();
        }

        begun.wait();
        let before = of_process("VmLck:");
        begun.wait();
        ended.wait();
        let each = (of_process("VmLck:") - before) / THREADS;
        ended.wait();
        assert!(each < 256 * 1024, "{each}");
    });

    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(telemetry.statistics().exported, THREADS as u64);
}

#[alone]
fn ordinary_spans_do_not_count_towards_the_limit() {
    let memory = MemoryExporter::new();
    let telemetry = start(memory.clone(), |config| config.max_memory_bytes = MIB);
    // There is enough memory for about eight buffers.
    for _ in 0..4 {
        for _ in 0..1000 {
            work();
        }

        telemetry.force_flush(TIMEOUT).unwrap();
    }

    // Each of these large spans leaves its room for the next one.
    for _ in 0..20 {
        large(MIB / 4);
        telemetry.force_flush(TIMEOUT).unwrap();
    }

    let counted = await_none_pending(&telemetry, 4020);
    assert_eq!(counted.exported, 4020, "{counted:?}");
    // This span does not fit at all.
    large(2 * MIB);
    assert_eq!(telemetry.statistics().dropped_memory, 1);
    telemetry.shutdown(TIMEOUT).unwrap();
}

#[alone]
fn every_span_is_counted_at_every_moment() {
    let blocked = Blocked::default();
    let telemetry = start(blocked.clone(), |_| ());
    // These are more spans than fit into the queue and one buffer.
    for n in 1..=10_000 {
        work();
        if n % 100 == 0 {
            assert_accounted(&telemetry, n);
        }
    }

    wait_until(|| telemetry.statistics().collected > 0);
    let error = telemetry.shutdown(Duration::from_millis(50)).unwrap_err();
    let text = error.to_string();
    assert!(error.is_timeout(), "{text}");
    let pending = telemetry.statistics().pending;
    assert!(pending > 0);
    assert!(text.contains("spans pending: "), "{text}");
    assert!(text.contains("exporter `Blocked` still has "), "{text}");
    // These spans come after the shutdown.
    for n in 1..=50 {
        work();
        assert_accounted(&telemetry, 10_000 + n);
    }

    assert_eq!(telemetry.statistics().dropped_without_provider, 50);
    // The next provider has its own numbers.
    let (next, memory) = in_memory(config());
    work();
    assert_accounted(&next, 1);
    assert_accounted(&telemetry, 10_050);
    next.shutdown(TIMEOUT).unwrap();
    assert_eq!(memory.spans().len(), 1);
    assert_eq!(next.statistics().exported, 1);
    assert_accounted(&next, 1);
    blocked.release();
    // The batch that is being exported is delivered, and the batches after it are dropped.
    let counted = await_none_pending(&telemetry, 10_050);
    assert!(counted.exported > 0, "{counted:?}");
    assert!(counted.dropped_shutdown > 0, "{counted:?}");
    // Spans without room in the only exporter's queue stayed in the buffers until the shutdown ended.
    assert_eq!(counted.dropped_queue_full, 0, "{counted:?}");
}

#[alone]
fn an_exporter_has_a_timeout() {
    let telemetry = start(Pending, |config| config.batch_processor.export_timeout_millis = 20);
    for n in 1..=2 {
        work();
        let error = telemetry.force_flush(TIMEOUT).unwrap_err();
        assert!(error.is_export(), "{error}");
        let text = error.to_string();
        let expected = "exporter `Pending`: 1 span failed: not exported within 20ms";
        assert!(text.contains(expected), "{text}");
        assert_eq!(telemetry.statistics().failed, n);
    }

    telemetry.shutdown(TIMEOUT).unwrap();
}

static METRICS: MetricRecorder = MetricRecorder::new("memory");

#[alone]
fn oversized_text_is_truncated() {
    let huge = "ü".repeat(100_000);
    let pipeline = Pipeline::http(|config| {
        // This limit does not apply to the resource and to metrics, which keep the default limit.
        config.limits.attribute_value_length = Some(70_000);
        let additional = &mut config.resource_attributes.additional;
        additional.insert("resource.text".to_owned(), huge.clone());
    });

    // These values are equal after truncation.
    for end in ["a", "b"] {
        let value = format!("{huge}{end}");
        METRICS.increment("rows", 1, &[KeyValue::new(huge.clone(), value)]);
    }
    {
        let span = span(huge.clone()).attribute(huge.clone(), huge.clone()).start();
        span.add_event(huge.clone(), vec![KeyValue::new("text", huge.clone())]);
        let elements = vec![huge.clone().into()];
        span.add_event(
            "list",
            vec![KeyValue::new("l", Value::Array(opentelemetry::Array::String(elements)))],
        );
    }

    let receiver = pipeline.end();
    let name = "ü".repeat(1024);
    let text = "ü".repeat(65_536);
    let span = receiver.span(&name);
    assert!(span.resource["resource.text"] == text.as_str());
    let point = receiver.point("rows");
    assert!(point.attributes[&name] == text.as_str());
    assert!(point.resource["resource.text"] == text.as_str());
    let text = "ü".repeat(70_000);
    assert!(span.attributes[&name] == text.as_str());
    assert_eq!(span.events[0].name, name);
    assert!(span.events[0].attributes["text"] == text.as_str());
}
