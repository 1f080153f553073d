//! The flight recorder of a program.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use floe_telemetry::config::{CodeAttributes, ExporterKind, FlightRecorderConfig, Sampler};
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, create_span, traced};
use floe_telemetry_flight_recorder as _;
use opentelemetry::Context;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span as SdkSpan, SpanData, SpanProcessor};
use tempfile::TempDir;

const END: Duration = Duration::from_secs(30);

/// A process has one provider.
static IN_USE: Mutex<()> = Mutex::new(());

/// A program with a flight recorder.
struct Program {
    provider: TelemetryProvider,
    sent: MemoryExporter,
    folder: TempDir,
    _in_use: MutexGuard<'static, ()>,
}

fn config(folder: &Path) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("orders");
    config.exporters.traces = Some(vec![ExporterKind::FlightRecorder]);
    config.exporters.flight_recorder.path = folder.join("dumps");
    config
}

impl Program {
    fn start(sampler: Sampler, change: impl FnOnce(&mut FlightRecorderConfig)) -> Self {
        Self::start_with(sampler, |config| {
            change(&mut config.exporters.flight_recorder);
        })
    }

    fn start_with(sampler: Sampler, change: impl FnOnce(&mut TelemetryConfig)) -> Self {
        let in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(folder.path());
        config.sampling.sampler = Some(sampler);
        change(&mut config);
        let sent = MemoryExporter::new();
        let builder = TelemetryProvider::builder(config).with_span_exporter(sent.clone());
        Self { provider: builder.initialize().unwrap(), sent, folder, _in_use: in_use }
    }

    /// Ends the program. Returns its dumps, in their order, each with its reason.
    fn end(&self) -> Vec<(String, Vec<Span>)> {
        self.provider.shutdown(END).unwrap();
        dumps(&self.folder.path().join("dumps"))
    }
}

fn dumps(folder: &Path) -> Vec<(String, Vec<Span>)> {
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort_unstable();
    let dumps = paths.iter().map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let (_, reason) = name.rsplit_once('-').unwrap();
        (reason.to_owned(), spans(path))
    });
    dumps.collect()
}

fn spans(path: &Path) -> Vec<Span> {
    let text = fs::read_to_string(path).unwrap();
    let requests =
        text.lines().map(|line| serde_json::from_str::<ExportTraceServiceRequest>(line).unwrap());
    let resources = requests.flat_map(|request| request.resource_spans);
    let scopes = resources.flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let mut found = spans.iter().filter(|span| span.name == name);
    let span = found.next().unwrap_or_else(|| panic!("no span `{name}`"));
    assert!(found.next().is_none(), "several spans `{name}`");
    span
}

#[traced]
fn order(fails: bool) -> Result<(), String> {
    pay(concat!("tok=sk_live_", "4eC39HqLyjWDarjtT1zdp7dc"), fails)
}

#[traced(attributes(note = note))]
fn pay(note: &str, fails: bool) -> Result<(), String> {
    if fails { Err("no money".to_owned()) } else { Ok(()) }
}

#[traced(parent = headers)]
fn remote(headers: &HashMap<String, String>) {
    let _ = order(false);
}

fn unsampled_parent() -> HashMap<String, String> {
    let parent = "00-0102030405060708090a0b0c0d0e0f10-1112131415161718-00";
    HashMap::from([("traceparent".to_owned(), parent.to_owned())])
}

#[test]
fn an_error_writes_what_was_not_sampled() {
    let program = Program::start(Sampler::ParentBasedAlwaysOff, |_| {});
    let _ = order(false);
    drop(create_span("between"));
    let _ = order(true);
    let dumps = program.end();
    assert!(program.sent.spans().is_empty(), "nothing is exported");
    let [(reason, spans)] = &*dumps else {
        panic!("{} dumps", dumps.len());
    };
    assert_eq!((&**reason, spans.len()), ("error", 5));
    named(spans, "between");
    let failed: Vec<_> = spans
        .iter()
        .filter(|span| span.status.as_ref().is_some_and(|it| it.code() == StatusCode::Error))
        .collect();
    let [pay, order] = &*failed else {
        panic!("{failed:?}");
    };
    assert_eq!((&*pay.name, &pay.parent_span_id), ("pay", &order.span_id));
    assert_eq!(pay.trace_id, order.trace_id);
    assert_eq!(order.flags & 1, 0, "the flag stays that of the sampler");
    let text = format!("{spans:?}");
    assert!(!text.contains("sk_live_4eC39") && text.contains("no money"), "{text}");
    assert!(pay.attributes.iter().any(|it| it.key == "note"));
    let statistics = program.provider.statistics();
    assert_eq!((statistics.failed, statistics.sampled_out), (0, 5), "{statistics:?}");
}

#[test]
fn what_is_sampled_is_recorded_and_exported() {
    let program = Program::start(Sampler::AlwaysOn, |_| {});
    let _ = order(true);
    let dumps = program.end();
    assert_eq!(program.sent.spans().len(), 2);
    assert_eq!(dumps[0].1.len(), 2);
}

#[test]
fn what_another_process_has_not_sampled_is_recorded() {
    let program = Program::start(Sampler::ParentBasedAlwaysOn, |_| {});
    remote(&unsampled_parent());
    let _ = order(true);
    let dumps = program.end();
    assert_eq!(program.sent.spans().len(), 2, "the others are not sampled");
    let spans = &dumps[0].1;
    assert_eq!(spans.len(), 5);
    let remote = named(spans, "remote");
    assert_eq!(remote.trace_id[..2], [1, 2]);
    assert_eq!(remote.parent_span_id[..2], [0x11, 0x12]);
    assert_eq!(remote.flags & 0x301, 0x300);
    let below = spans.iter().find(|span| span.parent_span_id == remote.span_id).unwrap();
    assert_eq!((&*below.name, below.flags & 0x301), ("order", 0x100));
}

#[test]
fn without_a_reason_there_is_no_dump() {
    let program = Program::start(Sampler::AlwaysOff, |settings| settings.errors = false);
    let _ = order(true);
    assert!(program.end().is_empty());
}

#[test]
fn many_errors_write_one_dump() {
    let program = Program::start(Sampler::AlwaysOff, |_| {});
    for _ in 0..100 {
        let _ = order(true);
        program.provider.force_flush(END).unwrap();
    }
    let dumps = program.end();
    assert_eq!(dumps.len(), 1);
}

#[test]
fn spans_that_are_not_sampled_take_no_room_of_others() {
    let program = Program::start(Sampler::ParentBasedAlwaysOff, |_| {});
    let sampled = HashMap::from([(
        "traceparent".to_owned(),
        "00-0102030405060708090a0b0c0d0e0f10-1112131415161718-01".to_owned(),
    )]);
    let not_sampled = unsampled_parent();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for number in 0..10_000 {
                    remote(if number % 500 == 0 { &sampled } else { &not_sampled });
                }
            });
        }
    });
    let _ = program.end();
    assert_eq!(program.sent.spans().len(), 8 * 20 * 3);
}

#[test]
fn statistics_count_what_each_exporter_gets() {
    let program = Program::start(Sampler::ParentBasedAlwaysOn, |_| {});
    let _ = order(false);
    remote(&unsampled_parent());
    program.provider.force_flush(END).unwrap();
    let statistics = program.provider.statistics();
    // Two are sampled, and three are not.
    assert_eq!((statistics.collected, statistics.sampled_out), (5, 3));
    assert_eq!((statistics.exported, statistics.pending), (2 + 5, 0));
    let _ = program.end();
}

#[test]
fn the_place_of_a_span_is_in_each_request() {
    let program = Program::start_with(Sampler::ParentBasedAlwaysOff, |config| {
        config.code_attributes = CodeAttributes::Once;
    });
    for number in 0..5 {
        let _ = order(number == 4);
        program.provider.force_flush(END).unwrap();
    }
    let dumps = program.end();
    let orders = dumps[0].1.iter().filter(|span| span.name == "order");
    let has_place = |span: &Span| span.attributes.iter().any(|it| it.key == "code.line.number");
    assert!(orders.clone().count() == 5 && orders.into_iter().all(has_place));
}

#[test]
fn the_start_of_a_span_without_an_end_is_not_observed() {
    #[derive(Clone, Debug, Default)]
    struct Counts(Arc<Mutex<(usize, usize)>>);

    impl SpanProcessor for Counts {
        fn on_start(&self, _: &mut SdkSpan, _: &Context) {
            self.0.lock().unwrap().0 += 1;
        }

        fn on_end(&self, _: SpanData) {
            self.0.lock().unwrap().1 += 1;
        }

        fn force_flush(&self) -> OTelSdkResult {
            Ok(())
        }

        fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
            Ok(())
        }
    }

    let in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
    let (folder, counts) = (tempfile::tempdir().unwrap(), Counts::default());
    let builder = TelemetryProvider::builder(config(folder.path()));
    let provider = builder.with_sdk_span_processor(counts.clone()).initialize().unwrap();
    let _ = order(false);
    remote(&unsampled_parent());
    provider.shutdown(END).unwrap();
    assert_eq!(*counts.0.lock().unwrap(), (2, 2));
    drop(in_use);
}

#[test]
fn a_slow_root_writes_a_dump() {
    #[traced]
    fn slow() {
        fast();
    }

    #[traced]
    fn fast() {}

    let program = Program::start(Sampler::AlwaysOff, |settings| {
        settings.slower_than = Some(Duration::from_nanos(1));
    });
    slow();
    let dumps = program.end();
    assert_eq!((&*dumps[0].0, dumps[0].1.len()), ("slow", 2));
}

#[test]
fn a_panic_outside_of_a_span_writes_a_dump() {
    let program = Program::start(Sampler::AlwaysOff, |_| {});
    let _ = order(false);
    let ended = thread::spawn(|| panic!("on purpose")).join();
    assert!(ended.is_err());
    let dumps = program.end();
    assert_eq!((&*dumps[0].0, dumps[0].1.len()), ("panic", 2));
    // The hook stays, and has nobody to ask.
    assert!(thread::spawn(|| panic!("on purpose")).join().is_err());
}

#[test]
#[cfg(unix)]
fn each_signal_writes_a_dump_for_this_user() {
    use std::os::unix::fs::PermissionsExt as _;

    use rustix::process::{Signal, getpid, kill_process};

    let program = Program::start(Sampler::AlwaysOff, |settings| settings.max_files = 2);
    let folder = program.folder.path().join("dumps");
    let mut newest = None;
    for number in 0..3 {
        let _ = order(number == 0);
        kill_process(getpid(), Signal::USR2).unwrap();
        let before = newest.take();
        while newest.is_none() || newest == before {
            thread::yield_now();
            let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
            newest = names.filter(|name| name.to_str().unwrap().ends_with("-signal.jsonl")).max();
        }
    }
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join(newest.unwrap())), 0o600);
    let dumps = program.end();
    let reasons: Vec<_> = dumps.iter().map(|(reason, _)| &**reason).collect();
    assert_eq!(reasons, ["signal", "signal"]);
    assert_eq!(dumps[1].1.len(), 6);
}

#[test]
fn settings_that_cannot_be_used_are_errors() {
    let _in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let fails = |change: &dyn Fn(&mut TelemetryConfig)| {
        let mut config = config(folder.path());
        change(&mut config);
        let started = TelemetryProvider::builder(config).initialize();
        started.unwrap_err().to_string()
    };
    let dumps = folder.path().join("dumps");
    fs::write(&dumps, "").unwrap();
    let error = fails(&|_| {});
    assert!(error.contains("dumps`: expected a folder, found a file"), "{error}");
    fs::remove_file(dumps).unwrap();
    let error = fails(&|config| config.sampling.keep_errors = true);
    assert!(error.contains("cannot be combined with `flight_recorder`"), "{error}");
    let error = fails(&|config| config.exporters.flight_recorder.max_bytes = 1);
    assert!(
        error.contains("flight_recorder.max_bytes: expected 1048576 or more, found 1"),
        "{error}"
    );
    let error = fails(&|config| {
        let settings = &mut config.exporters.flight_recorder;
        (settings.errors, settings.panics, settings.signal) = (false, false, false);
    });
    assert!(error.contains("found no reason to write"), "{error}");
    let error = fails(&|config| config.exporters.logs = Some(vec![ExporterKind::FlightRecorder]));
    assert!(error.contains("`flight_recorder` is no exporter of logs"), "{error}");
}
