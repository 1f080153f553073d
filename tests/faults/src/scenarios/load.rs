//! Scenarios of load: full queues, many threads, large spans, deep nesting and a lack of memory.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use floe_telemetry::config::ExporterKind;
use floe_telemetry::{TelemetryConfig, create_span};
use floe_tests::Script;
use procfs::process::Process;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::program::{on_threads, work};
use crate::report::Counters;
use crate::scenario::{HTTP, SCENARIO, Scenario};

const SECOND: Duration = Duration::from_secs(1);

pub(super) static SCENARIOS: [Scenario; 7] = [
    Scenario {
        name: "full_queues",
        max_memory: 128,
        program: |program| {
            program.start_within(Duration::from_secs(60));
            program.spans_on_threads(8, 100_000);
            program.shutdown(SECOND);
        },
        check: |case| {
            let start = Instant::now();
            let report = case.report_of_silent_receiver()?;
            let counters = report.counters;
            ensure!(report.created == 800_000, "{}", report.created);
            ensure!(counters.exported == 0, "{counters:?}");
            ensure!(counters.dropped >= report.created - ROOM, "{counters:?}");
            let messages = report.log.matches("spans were dropped").count();
            // The library writes at most one message a minute.
            let most = 1 + usize::try_from(start.elapsed().as_secs() / 60)?;
            ensure!((1..=most).contains(&messages), "{messages} messages: {}", report.log);
            let shutdown = report.ended_at("shutdown", SECOND)?;
            ensure!(shutdown.error.is_some(), "{shutdown:?}");
            Ok(report)
        },
        ..SCENARIO
    },
    Scenario {
        name: "dead_receiver",
        max_memory: 64 + 32,
        program: |program| {
            let payload = "x".repeat(LARGE);
            program.start(program.config());
            program.spans_of(3 * LARGE_SPANS, &payload);
            program.wait("full");
            for _ in 0..LARGE_SPANS {
                create_span("event").add_event(payload.clone(), Vec::new());
            }

            program.record_created(LARGE_SPANS);
            program.shutdown(SECOND);
        },
        check: |case| {
            let silent = Script::silent();
            let mut child = case.start(&silent.endpoint())?;
            child.wait_for("full")?;
            let full = child.status()?.vmhwm.context("no `VmHWM`")?;
            child.proceed()?;
            let report = child.finish()?;
            let end = report.peak_memory_kib;
            // The spans since `full` have 400 MB together. Only a few of them may be encoded at a time.
            ensure!(end <= full + 16 * 1024, "the memory grew from {full} KiB to {end} KiB");
            let counters = report.counters;
            ensure!(counters.exported == 0 && counters.dropped > 2 * LARGE_SPANS, "{counters:?}");
            let error = report.error("shutdown")?;
            // Spans of this size may keep the collector busy until the end.
            let is_explained = error.contains("before the shutdown: no response")
                || error.contains("did not finish within 1s: spans pending");
            ensure!(is_explained, "{error}");
            Ok(report)
        },
        ..SCENARIO
    },
    Scenario {
        name: "short_threads",
        max_memory: 64 + 32,
        program: |program| {
            // With metrics, the calls of dropped spans are counted in a separate buffer.
            program.start(measured(program.config()));
            program.spans_on_short_threads(100_000, 4);
            program.wait("recorded");
            program.shutdown(SECOND);
        },
        check: |case| {
            let silent = Script::silent();
            let mut child = case.start(&silent.endpoint())?;
            child.wait_for("recorded")?;
            let [address_space, _] = child.address_space_mib()?;
            child.proceed()?;
            let report = child.finish()?;
            ensure!(report.created == 100_000, "{}", report.created);
            ensure!(address_space < 1024, "expected below 1024 MiB, found {address_space} MiB");
            Ok(report)
        },
        ..SCENARIO
    },
    Scenario {
        name: "many_threads",
        protocols: HTTP,
        max_memory: 64 + 64,
        program: |program| {
            // This makes the C library reserve its arenas and stacks, which it keeps.
            drop(on_threads(400, || Box::new(400)));
            program.wait("idle");
            program.start_within(Duration::from_secs(10));
            // These calls are not measured, because threads that start at the same time wait for locks of the system.
            for _ in 0..50 {
                drop(on_threads(400, || work(0, "")));
            }

            program.record_created(20_000);
            program.flush_within("flush in vain", Duration::from_secs(3));
            program.wait("recorded");
            program.shutdown(SECOND);
        },
        check: |case| {
            let mut child = case.start(&Script::silent().endpoint())?;
            child.wait_for("idle")?;
            let [idle_peak, idle] = child.address_space_mib()?;
            child.proceed()?;
            child.wait_for("recorded")?;
            let [peak, left] = child.address_space_mib()?;
            child.proceed()?;
            let report = child.finish()?;
            ensure!(report.created == 20_000, "{}", report.created);
            // At the end of the shutdown, the exporter gives up batch by batch while the collector empties the buffers.
            // Their speeds determine how many spans fail and how many are dropped, but only the shutdown drops spans.
            let Counters { dropped, shutdown, .. } = report.counters;
            ensure!(dropped == shutdown, "{:?}", report.counters);
            // These are the address spaces while the threads are alive, and after their end.
            ensure!(
                peak < idle_peak + 1024,
                "the address space grew from {idle_peak} to {peak} MiB"
            );

            ensure!(left < idle + 512, "the address space grew from {idle} to {left} MiB");
            Ok(report)
        },
    },
    Scenario {
        name: "live_threads",
        protocols: HTTP,
        max_memory: 64 + 16,
        program: |program| {
            program.start_within(Duration::from_secs(60));
            // Tokio starts at most this number of threads for blocking calls.
            drop(on_threads(512, || {
                for number in 0..4000 {
                    work(number, "");
                }
            }));

            program.record_created(512 * 4000);
            program.shutdown(SECOND);
        },
        check: |case| {
            let report = case.report_of_silent_receiver()?;
            ensure!(report.created == 512 * 4000, "{}", report.created);
            ensure!(report.counters.dropped > report.created / 2, "{:?}", report.counters);
            Ok(report)
        },
    },
    Scenario {
        name: "no_memory",
        program: |program| {
            // With metrics, the counts of dropped spans need memory, too.
            program.start(measured(program.config()));
            program.spans(1000);
            // The threads exist before the limit is set, so that it applies only to what they record.
            program.spans_on_threads_after(64, 1000, || {
                let status = Process::myself()?.status()?;
                let used = status.vmdata.context("no `VmData`")? * 1024;
                let limit = Rlimit { current: Some(used + 24 * 1024 * 1024), maximum: None };
                // Unlike the limit of the address space, this limit also applies to the arenas that the C library has
                // reserved.
                setrlimit(Resource::Data, limit).context("cannot limit the memory")
            });

            program.shutdown(Duration::from_secs(20));
        },
        check: |case| {
            let receiver = case.receiver();
            let report = case.report(&receiver.endpoint())?;
            report.succeeded(&["prepare"])?;
            let counters = report.counters;
            ensure!(report.created == 65 * 1000, "{}", report.created);
            ensure!(counters.exported >= 1000, "{counters:?}");
            ensure!(counters.dropped > report.created / 2, "{counters:?}");
            Ok(report.arrived_at(&receiver))
        },
        ..SCENARIO
    },
    Scenario {
        name: "deep_nesting",
        protocols: HTTP,
        max_memory: 192,
        program: |program| {
            program.start(program.config());
            // A thread has room for 65,535 nested contexts of OpenTelemetry.
            let mut spans: Vec<_> = (0..70_000).map(|_| create_span("nested")).collect();
            // The innermost span ends first.
            while spans.pop().is_some() {}
            program.record_created(70_000);
            program.spans(10);
            program.shutdown(Duration::from_secs(20));
        },
        check: |case| {
            let receiver = case.receiver();
            let report = case.report(&receiver.endpoint())?;
            let counters = report.counters;
            ensure!(counters.failed == 0 && counters.exported > 0, "{counters:?}");
            Ok(report.arrived_at(&receiver))
        },
    },
];

/// The room for spans: the queue, a batch, and half of `max_memory_bytes` in buffers of 64 KiB for 256 spans each.
const ROOM: u64 = 2048 + 512 + 32 * 1024 / 64 * 256;

/// A third of the large spans that fill the queues.
const LARGE_SPANS: u64 = 2_000;
/// The size in bytes of each large span.
const LARGE: usize = 200_000;

fn measured(mut config: TelemetryConfig) -> TelemetryConfig {
    config.exporters.metrics = Some(vec![ExporterKind::Otlp]);
    config
}
