//! Scenarios of the program and its process: the subscriber, timeouts and forks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{io, panic, thread};

use anyhow::{Context as _, ensure};
use floe_telemetry::config::{ExporterKind, LoggingConfig};
use floe_telemetry::{create_span, logs};
use floe_tests::{ReservedPort, Script};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::program::{Program, millis};
use crate::receivers::Relay;
use crate::scenario::{GRPC, SCENARIO, Scenario};

const SECOND: Duration = Duration::from_secs(1);

pub(super) static SCENARIOS: [Scenario; 6] = [
    Scenario {
        name: "panicking_subscriber",
        program: |program| {
            // Panics from elsewhere are written, so that the check finds them.
            let hook = panic::take_hook();
            panic::set_hook(Box::new(move |panic| {
                if !panic.to_string().ends_with(PANIC) {
                    hook(panic);
                }
            }));

            let panicking = Panicking.with_filter(LevelFilter::INFO);
            tracing_subscriber::registry().with(panicking).init();
            program.start_within(Duration::from_millis(200));
            // The exporter warns about these spans.
            program.deliver("first", 10);
            // The collector warns if it drops some of these spans, which are more than the queue and one buffer hold.
            program.deliver("second", 20_000);
            program.spans(10);
            program.shutdown(Duration::from_secs(20));
        },
        check: |case| {
            let port = ReservedPort::new();
            let report = case.report(&port.endpoint())?;
            for name in ["first", "second", "shutdown"] {
                report.failed(name, &["the connection failed", &port.endpoint()])?;
            }

            let counters = report.counters;
            ensure!(counters.failed > 0, "{counters:?}");
            ensure!(counters.exported + counters.pending == 0, "{counters:?}");
            Ok(report)
        },
        ..SCENARIO
    },
    Scenario {
        name: "traced_exporter",
        // OTLP over HTTP is left out, because its client has no spans and events of its own.
        protocols: GRPC,
        program: |program| {
            program.bridge_tracing();
            let mut config = program.config();
            config.batch_processor.schedule_delay_millis = millis(IDLE_DELAY).unwrap_or(0);
            program.start(config);
            program.deliver("flush", 10);
            program.wait("idle");
            program.end();
        },
        check: |case| {
            let receiver = case.receiver();
            let mut child = case.start(&receiver.endpoint())?;
            child.wait_for("idle")?;
            // The program is idle for many times the delay of a batch.
            thread::sleep(10 * IDLE_DELAY);
            child.proceed()?;
            let report = child.finish()?;
            report.succeeded(&["flush"])?;
            let requests = receiver.requests().len();
            ensure!(requests <= 2, "expected at most 2 requests, found {requests}");
            Ok(report.arrived_at(&receiver))
        },
        ..SCENARIO
    },
    Scenario {
        name: "flush_times_out",
        program: |program| {
            program.start_within(Duration::from_secs(60));
            program.spans(FLUSHED_SPANS);
            for _ in 0..3 {
                program.flush_within("flush", Duration::from_millis(200));
            }

            program.wait("flushed");
            program.shutdown(Duration::from_secs(60));
        },
        check: |case| {
            let receiver = case.receiver();
            let relay = Relay::to(receiver.port());
            relay.stop();
            let mut child = case.start(&relay.endpoint())?;
            child.wait_for("flushed")?;
            relay.resume();
            child.proceed()?;
            let report = child.finish()?;
            report.failed("flush", &["flush did not finish within"])?;
            report.succeeded(&["shutdown"])?;
            ensure!(report.counters.exported == FLUSHED_SPANS, "{:?}", report.counters);
            Ok(report.arrived_at(&receiver))
        },
        ..SCENARIO
    },
    Scenario {
        name: "queued_log_records",
        program: queued_log_records,
        check: |case| {
            let report = case.report_of_silent_receiver()?;
            let shutdown = report.ended_at("shutdown", SECOND)?;
            ensure!(shutdown.error.is_some(), "{shutdown:?}");
            report.succeeded(&["counted"])?;
            Ok(report)
        },
        ..SCENARIO
    },
    Scenario {
        name: "forked_with_full_buffers",
        program: forked_with_full_buffers,
        check: |case| {
            let receiver = case.receiver();
            let report = case.report(&receiver.endpoint())?;
            let arrived = receiver.spans().len() as u64;
            ensure!(arrived == FORKED_SPANS, "expected {FORKED_SPANS} spans, found {arrived}");
            // These spans were dropped because the buffers of the parent were full.
            ensure!(report.counters.dropped > 0, "{:?}", report.counters);
            Ok(report)
        },
        ..SCENARIO
    },
    Scenario {
        name: "forks_under_load",
        // The buffers of ended threads wait for the collector, so the limit is high.
        max_memory: 256,
        program: forks_under_load,
        check: |case| {
            let receiver = case.receiver();
            let report = case.report(&receiver.endpoint())?;
            let own = FORKS * usize::try_from(SPANS_OF_FORK)?;
            Ok(report.arrived_in(receiver.spans().len().saturating_sub(own)))
        },
        ..SCENARIO
    },
];

const PANIC: &str = "subscriber";

/// Panics for each message of the library's threads.
struct Panicking;

impl<S: Subscriber> Layer<S> for Panicking {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        let thread = thread::current();
        let is_of_library = thread.name().is_some_and(|name| name.starts_with("floe-"));
        assert!(!is_of_library, "{PANIC}");
    }
}

const IDLE_DELAY: Duration = Duration::from_millis(100);

/// The number of spans in a flush: more than the queue has room for, but less than the queue and the buffers together.
const FLUSHED_SPANS: u64 = 5_000;

/// The number of log records: several batches, for which the queue has room.
const RECORDS: u64 = 1_800;

/// The timeout of an export, which is longer than a shutdown takes on a busy machine.
const EXPORT: Duration = Duration::from_secs(20);

fn queued_log_records(program: &mut Program) {
    let mut config = program.config();
    config.exporters.traces = Some(vec![ExporterKind::None]);
    config.exporters.logs = None;
    config.otlp.all.timeout_millis = millis(EXPORT);
    let layer = logs::layer_with_writer(&LoggingConfig::default(), io::sink);
    if let Ok(layer) = layer {
        tracing_subscriber::registry().with(layer).init();
    }

    program.start(config);
    for number in 0..RECORDS {
        tracing::info!(number, "record");
    }

    program.shutdown(SECOND);
    program.step("counted", |program| {
        let telemetry = program.telemetry().context("no telemetry")?;
        let deadline = Instant::now() + 2 * EXPORT;
        loop {
            let counted = telemetry.statistics();
            let failed = counted.logs_failed;
            let dropped = counted.logs_dropped;
            let all = counted.logs_exported + failed + dropped + counted.logs_pending;
            ensure!(all == RECORDS, "{counted:?}");
            if counted.logs_pending == 0 {
                ensure!(failed > 0, "{counted:?}");
                return Ok(());
            }

            ensure!(Instant::now() < deadline, "{counted:?}");
            thread::yield_now();
        }
    });
}

/// The number of short threads in each process. Each of them ends after one span.
const SHORT_THREADS: u64 = 8;

/// The number of spans that the fork records with its own provider.
const FORKED_SPANS: u64 = 50 + SHORT_THREADS;

/// Forks while the buffers are full of large spans, because the receiver of the parent does not answer.
fn forked_with_full_buffers(program: &mut Program) {
    let payload = "x".repeat(20_000);
    let mut own = program.config();
    own.max_memory_bytes = 8 * 1024 * 1024;
    let silent = Script::silent();
    let mut config = own.clone();
    config.otlp_endpoint = Some(silent.endpoint());
    program.start(config);
    // The parent has room for half of these spans.
    program.spans_of(800, &payload);
    // The threads end, and leave these spans in their buffers.
    program.spans_on_short_threads(SHORT_THREADS, 4);
    program.fork(|program| {
        program.replace(own);
        program.spans_of(FORKED_SPANS - SHORT_THREADS, &payload);
        program.spans_on_short_threads(SHORT_THREADS, 4);
        ensure!(program.shutdown(Duration::from_secs(20)), "not shut down");
        let counted = program.telemetry().context("no telemetry")?.statistics();
        ensure!(counted.exported == FORKED_SPANS, "{counted:?}");
        Ok(())
    });

    program.shutdown(SECOND);
}

const FORKS: usize = 40;

/// The number of spans that each fork records with its own provider.
const SPANS_OF_FORK: u64 = 5;

/// Forks while other threads start, record their first span, and read the statistics.
fn forks_under_load(program: &mut Program) {
    let mut config = program.config();
    // A short timeout on a busy machine would cause a repeated request, whose spans arrive twice.
    config.otlp.all.timeout_millis = Some(20_000);
    program.start(config.clone());
    program.spans(1000);
    let Some(telemetry) = program.shared() else {
        return;
    };

    let is_done = AtomicBool::new(false);
    let read = || {
        while !is_done.load(Ordering::Relaxed) {
            let _ = telemetry.statistics();
        }
    };

    let start = || {
        let mut started = 0;
        while !is_done.load(Ordering::Relaxed) {
            let _ = thread::spawn(|| drop(create_span("first"))).join();
            started += 1;
            for _ in 0..100 {
                telemetry.statistics();
            }
        }
        started
    };

    let started = thread::scope(|scope| {
        scope.spawn(read);
        let starting = scope.spawn(start);
        for _ in 0..FORKS {
            program.fork(|program| {
                let inherited = program.telemetry().context("no telemetry")?;
                let _ = inherited.statistics();
                program.replace(config.clone());
                program.spans(SPANS_OF_FORK);
                ensure!(program.shutdown(Duration::from_secs(20)), "not shut down");
                Ok(())
            });
        }

        is_done.store(true, Ordering::Relaxed);
        starting.join().unwrap_or_default()
    });

    program.record_created(started);
    program.shutdown(Duration::from_secs(20));
}
