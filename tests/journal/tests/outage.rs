//! Without a receiver, telemetry waits in the journal: for the receiver, for the next process, up to the bound.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::HashSet;
use std::fmt::{Debug, Write as _};
use std::fs;
use std::path::Path;
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use floe_telemetry::config::{ExporterKind, LoggingConfig, OtlpProtocol, Sampler};
use floe_telemetry::{Error, TelemetryConfig, TelemetryProvider, create_span, traced};
use floe_telemetry_flight_recorder as _;
use floe_telemetry_journal as _;
use floe_thread_context::KeptSpans;
use tracing::Subscriber;
use tracing::field::Field;
use tracing_subscriber::layer::{self, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use floe_tests::{ReceivedSpan, Receiver, ReservedPort, Response, Value};

const TIMEOUT: Duration = Duration::from_secs(60);

#[traced(attributes(number))]
fn work(number: i64) {}

fn config(folder: &Path, endpoint: &str) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("outage").with_otlp_endpoint(endpoint);
    config.otlp_protocol = Some(OtlpProtocol::Http);
    config.exporters.traces = Some(vec![ExporterKind::Journal]);
    config.exporters.metrics = Some(vec![ExporterKind::None]);
    config.exporters.logs = Some(vec![ExporterKind::None]);
    config.exporters.journal.path = folder.join("journal");
    // Longer than the tests: a shutdown and a full request do not wait for it.
    config.batch_processor.schedule_delay_millis = 600_000;
    config
}

fn start(config: TelemetryConfig) -> Result<TelemetryProvider, Error> {
    TelemetryProvider::builder(config).initialize()
}

/// Makes a receiver answer with a status of HTTP.
fn refuse(receiver: &Receiver, status: u16) {
    let headers = Vec::new();
    receiver.respond(Response::Http { status, headers });
}

/// The numbers that a receiver has got, in this order.
fn numbers(receiver: &Receiver) -> Vec<i64> {
    let number = |span: &ReceivedSpan| match span.attributes["number"] {
        Value::Int(number) => number,
        ref other => panic!("{other:?}"),
    };
    receiver.spans().iter().map(number).collect()
}

/// Whether these are the first `count` numbers, in any order.
fn all_once(mut numbers: Vec<i64>, count: i64) -> bool {
    numbers.sort_unstable();
    numbers.into_iter().eq(0..count)
}

fn bytes(folder: &Path) -> u64 {
    let files = fs::read_dir(folder.join("journal")).unwrap();
    let sizes = files.map(|file| file.unwrap());
    let sizes = sizes.filter(|file| file.path().extension().is_some_and(|it| it == "journal"));
    sizes.map(|file| file.metadata().unwrap().len()).sum()
}

#[test]
fn an_outage_and_a_restart_lose_nothing_and_keep_the_order() {
    floe_tests::alone!();
    let folder = tempfile::tempdir().unwrap();
    let port = ReservedPort::new();
    // A provider that was shut down has no part in the folder any more.
    let mut kept = Vec::new();
    let mut number = 0;
    let mut record = |count| {
        for _ in 0..count {
            work(number);
            number += 1;
        }
    };
    for _ in 0..2 {
        let telemetry = start(config(folder.path(), &port.endpoint())).unwrap();
        record(1000);
        telemetry.force_flush(TIMEOUT).unwrap();
        record(500);
        // It does not wait for a receiver that is not there, and the journal has everything.
        telemetry.shutdown(TIMEOUT).unwrap();
        assert_eq!(telemetry.statistics().exported, 1500);
        assert!(bytes(folder.path()) > 0);
        kept.push(telemetry);
    }
    let receiver = Receiver::http_at(port);
    let telemetry = start(config(folder.path(), &receiver.endpoint())).unwrap();
    record(100);
    telemetry.shutdown(TIMEOUT).unwrap();
    // Those of each process after those of the one before it.
    let got = numbers(&receiver);
    assert!(got.is_sorted_by_key(|number| number / 1500));
    assert!(all_once(got, 3100));
    assert_eq!(fs::read_dir(folder.path().join("journal")).unwrap().count(), 0);
}

#[test]
fn a_receiver_that_comes_back_gets_what_has_waited() {
    floe_tests::alone!();
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::http();
    refuse(&receiver, 503);
    let mut config = config(folder.path(), &receiver.endpoint());
    config.batch_processor.schedule_delay_millis = 1;
    config.otlp.all.timeout_millis = Some(500);
    let telemetry = start(config).unwrap();
    (0..100).for_each(work);
    drop(receiver.wait_for_requests(1, TIMEOUT));
    (100..200).for_each(work);
    receiver.respond(Response::Ok);
    receiver.wait_for_spans(200, TIMEOUT);
    assert!(all_once(numbers(&receiver), 200));
    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(numbers(&receiver).len(), 200);
}

#[test]
fn a_full_journal_keeps_what_it_has() {
    floe_tests::alone!();
    let folder = tempfile::tempdir().unwrap();
    let port = ReservedPort::new();
    let max_bytes = 1024 * 1024;
    let config = || {
        let mut config = config(folder.path(), &port.endpoint());
        config.exporters.journal.max_bytes = max_bytes;
        config
    };
    let telemetry = start(config()).unwrap();
    let mut number = 0;
    while telemetry.statistics().failed == 0 {
        (number..number + 500).for_each(work);
        number += 500;
        // It reports what had no room.
        let _ = telemetry.force_flush(TIMEOUT);
        assert!(bytes(folder.path()) <= max_bytes);
    }
    let error = telemetry.shutdown(TIMEOUT).err().map(|error| error.to_string());
    let exported = telemetry.statistics().exported;
    drop(telemetry);
    assert!(exported > 1000, "{exported} {error:?}");

    let receiver = Receiver::http_at(port);
    let telemetry = start(config_of(&folder, &receiver)).unwrap();
    telemetry.shutdown(TIMEOUT).unwrap();
    let got = numbers(&receiver);
    assert_eq!(got.len() as u64, exported);
    assert_eq!(got.into_iter().collect::<HashSet<_>>().len() as u64, exported);
}

fn config_of(folder: &tempfile::TempDir, receiver: &Receiver) -> TelemetryConfig {
    config(folder.path(), &receiver.endpoint())
}

#[test]
fn what_a_receiver_rejects_does_not_stop_what_follows() {
    floe_tests::alone!();
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::http();
    refuse(&receiver, 400);
    let mut config = config(folder.path(), &receiver.endpoint());
    config.batch_processor.schedule_delay_millis = 1;
    let telemetry = start(config).unwrap();
    work(1);
    drop(receiver.wait_for_requests(1, TIMEOUT));
    receiver.respond(Response::Ok);
    work(2);
    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(numbers(&receiver), [2]);
    assert_eq!(fs::read_dir(folder.path().join("journal")).unwrap().count(), 0);
}

#[test]
fn an_answer_that_is_not_about_the_request_is_an_outage() {
    floe_tests::alone!();
    for status in [401, 404, 500, 503] {
        let folder = tempfile::tempdir().unwrap();
        let receiver = Receiver::http();
        refuse(&receiver, status);
        let telemetry = start(config(folder.path(), &receiver.endpoint())).unwrap();
        (0..100).for_each(work);
        telemetry.shutdown(Duration::from_secs(3)).unwrap();
        assert!(!receiver.requests().is_empty());
        receiver.respond(Response::Ok);
        let telemetry = start(config(folder.path(), &receiver.endpoint())).unwrap();
        // However long the time is.
        telemetry.shutdown(Duration::MAX).unwrap();
        assert!(all_once(numbers(&receiver), 100), "{status}");
    }
}

#[test]
fn a_start_that_fails_leaves_nothing_behind() {
    floe_tests::alone!();
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::http();
    let mut wrong = config(folder.path(), "http://127.0.0.1:9");
    // Its crate is not linked.
    wrong.exporters.logs = Some(vec![ExporterKind::OtlpFile]);
    start(wrong).unwrap_err();
    let telemetry = start(config(folder.path(), &receiver.endpoint())).unwrap();
    (0..10).for_each(work);
    telemetry.shutdown(TIMEOUT).unwrap();
    assert!(all_once(numbers(&receiver), 10));
    let left = fs::read_dir(folder.path().join("journal")).unwrap();
    assert_eq!(left.count(), 0);
}

/// Panics for each message of the journal.
struct Panics;

impl<S: Subscriber> Layer<S> for Panics {
    fn on_event(&self, event: &tracing::Event<'_>, _: layer::Context<'_, S>) {
        let target = event.metadata().target();
        assert!(!target.starts_with("floe_telemetry_journal"), "on purpose");
    }
}

#[test]
fn a_subscriber_that_panics_stops_no_delivery() {
    floe_tests::alone!();
    tracing_subscriber::registry().with(Panics).init();
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::http();
    refuse(&receiver, 500);
    let mut config = config(folder.path(), &receiver.endpoint());
    config.batch_processor.schedule_delay_millis = 1;
    let telemetry = start(config).unwrap();
    (0..10).for_each(work);
    drop(receiver.wait_for_requests(1, TIMEOUT));
    receiver.respond(Response::Ok);
    receiver.wait_for_spans(10, TIMEOUT);
    telemetry.shutdown(TIMEOUT).unwrap();
    assert!(all_once(numbers(&receiver), 10));
}

/// Sends each warning of the journal to the test.
struct Warnings(Sender<String>);

impl<S: Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &tracing::Event<'_>, _: layer::Context<'_, S>) {
        if event.metadata().target().starts_with("floe_telemetry_journal") {
            let mut fields = String::new();
            event.record(&mut |field: &Field, value: &dyn Debug| {
                let _ = write!(fields, "{field}={value:?} ");
            });
            let _ = self.0.send(fields);
        }
    }
}

#[test]
fn a_folder_that_is_removed_is_one_warning_and_created_again() {
    floe_tests::alone!();
    let (sender, warnings) = mpsc::channel();
    tracing_subscriber::registry().with(Warnings(sender)).init();
    let folder = tempfile::tempdir().unwrap();
    let port = ReservedPort::new();
    let telemetry = start(config(folder.path(), &port.endpoint())).unwrap();
    (0..10).for_each(work);
    telemetry.force_flush(TIMEOUT).unwrap();
    // The process may create it while it is being removed.
    let removed = folder.path().join("removed");
    fs::rename(folder.path().join("journal"), &removed).unwrap();
    fs::remove_dir_all(removed).unwrap();
    (10..20).for_each(work);
    telemetry.force_flush(TIMEOUT).unwrap();
    let warning = warnings.recv_timeout(TIMEOUT).unwrap();
    assert_eq!(warning, "message=the folder of the journal was removed ");
    (20..30).for_each(work);
    telemetry.force_flush(TIMEOUT).unwrap();
    telemetry.shutdown(TIMEOUT).unwrap();
    let others: Vec<_> = warnings.try_iter().collect();
    assert!(others.iter().all(|it| it.contains("waits")), "{others:?}");

    let receiver = Receiver::http_at(port);
    let telemetry = start(config_of(&folder, &receiver)).unwrap();
    telemetry.shutdown(TIMEOUT).unwrap();
    assert!(all_once(numbers(&receiver), 30));
}

#[test]
#[cfg(target_os = "linux")]
fn open_spans_are_kept_if_they_are_sampled() {
    floe_tests::alone!();
    // Others are not exported either.
    for (sampler, expected) in [(Sampler::AlwaysOff, 0), (Sampler::AlwaysOn, 1)] {
        let folder = tempfile::tempdir_in("/dev/shm").unwrap();
        let mut config = config(folder.path(), "http://127.0.0.1:1");
        config.sampling.sampler = Some(sampler);
        config.exporters.traces = Some(vec![ExporterKind::Journal, ExporterKind::FlightRecorder]);
        config.exporters.flight_recorder.path = folder.path().join("dumps");
        let telemetry = start(config).unwrap();
        let span = create_span("open");
        assert!(floe_telemetry::get_current_span().is_recording());
        let files = fs::read_dir(folder.path().join("journal")).unwrap();
        let mut paths = files.map(|file| file.unwrap().path());
        let path = paths.find(|path| path.extension().is_some_and(|it| it == "spans"));
        let kept = KeptSpans::read(&fs::read(path.unwrap()).unwrap()).unwrap();
        assert_eq!(kept.spans.len(), expected, "{sampler:?}");
        drop(span);
        let _ = telemetry.shutdown(Duration::ZERO);
    }
}

#[test]
fn all_signals_have_a_journal() {
    floe_tests::alone!();
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::http();
    let mut config = config(folder.path(), &receiver.endpoint());
    config.exporters.metrics = Some(vec![ExporterKind::Journal]);
    config.exporters.logs = Some(vec![ExporterKind::Journal]);
    config.logging = LoggingConfig::default();
    let telemetry = TelemetryProvider::builder(config).init().unwrap();
    work(1);
    tracing::info!("a record");
    floe_telemetry::MetricRecorder::new("outage").increment("orders", 1, &[]);
    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(numbers(&receiver), [1]);
    assert!(receiver.logs().iter().any(|log| log.body == Some("a record".into())));
    assert!(receiver.points().iter().any(|point| point.name == "orders"));
}

#[test]
fn a_folder_that_cannot_be_used_is_one_error() {
    floe_tests::alone!();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("journal"), "a file").unwrap();
    let error = start(config(folder.path(), "http://127.0.0.1:1")).unwrap_err();
    let path = folder.path().join("journal");
    let path = path.display();
    assert_eq!(
        error.to_string(),
        format!("exporters.traces: `journal`: expected a folder, found the file `{path}`")
    );
}
