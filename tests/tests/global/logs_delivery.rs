//! Log records are delivered over OTLP, and a failing receiver does not affect the program.

use std::fmt;
use std::sync::Mutex;
use std::sync::mpsc::{self, Sender, channel};
use std::time::Duration;

use floe_telemetry::config::{ExporterKind, LogOutput, LoggingConfig, OtlpProtocol};
use floe_telemetry::trace::TelemetryProviderBuilder;
use floe_telemetry::{Mode, TelemetryConfig, TelemetryProvider, logs, propagation, traced};
use floe_tests::{Code, Receiver, Response, TIMEOUT, json_lines, program, url};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter};

use super::pipeline::{BOTH, Blocked, Pipeline};

/// Configures log lines and their levels.
fn configure() {
    let levels = "DEBUG,h2=WARN,hyper_util=WARN,tonic=WARN,tower=WARN";
    let mut logging = LoggingConfig::default();
    levels.clone_into(&mut logging.log_level);
    logs::configure_logging(&logging).unwrap();
}

#[traced]
fn load() -> [Option<String>; 2] {
    tracing::warn!(
        rows = 5,
        ratio = 0.5,
        done = true,
        table = "orders",
        password = "open sesame",
        url = url(),
        "cannot reach {}",
        url()
    );
    log::error!(target: "orders::load", "by log");
    [propagation::current_trace_id(), propagation::current_span_id()]
}

fn check(receiver: &Receiver, [trace_id, span_id]: [Option<String>; 2]) {
    let ids = (trace_id.unwrap(), span_id.unwrap());
    let warning = receiver.log("cannot reach postgres://<REDACTED>@db/orders");
    assert_eq!((warning.severity_number, &*warning.severity_text), (13, "WARN"));
    assert_eq!(warning.scope, "global::logs_delivery");
    assert_eq!((&warning.trace_id, &warning.span_id), (&ids.0, &ids.1));
    assert_eq!(warning.flags & 1, 1);
    let year_2020 = 1_577_836_800_000_000_000;
    assert!(warning.time > year_2020);
    assert!(warning.observed_time >= warning.time);
    let expected = [
        ("done", true.into()),
        ("floe.mode", "prod".into()),
        ("floe.namespace", "sales".into()),
        ("password", "<REDACTED>".into()),
        ("ratio", 0.5.into()),
        ("rows", 5.into()),
        ("table", "orders".into()),
        ("url", "postgres://<REDACTED>@db/orders".into()),
    ];
    let attributes: Vec<_> =
        warning.attributes.iter().map(|(key, value)| (&**key, value.clone())).collect();
    assert_eq!(attributes, expected);
    assert_eq!(warning.resource, receiver.span("load").resource);

    let error = receiver.log("by log");
    assert_eq!((error.severity_number, &*error.severity_text), (17, "ERROR"));
    assert_eq!(error.scope, "orders::load");
    assert_eq!(error.span_id, ids.1);

    for body in ["cannot parse", "cannot parse it", "tries again"] {
        let log = receiver.log(body);
        assert_eq!(log.attributes["error"], "invalid digit found in string");
    }
    let logs = receiver.logs();
    let without_body = logs.iter().filter(|log| log.attributes.contains_key("loaded"));
    let named: Vec<_> = without_body.map(|log| (&*log.event_name, &log.body)).collect();
    assert_eq!(named, [("rows.loaded", &None), ("", &None)]);

    let outside = receiver.log("outside");
    assert_eq!((&*outside.trace_id, &*outside.span_id), ("", ""));
    assert_eq!((outside.severity_number, outside.flags), (5, 0));

    assert!(!receiver.contains("hunter2XyZ"));
    let is_logs = |path: &str| path == "/v1/logs" || path.contains("LogsService");
    assert!(receiver.every_request().iter().any(|request| is_logs(&request.path)));
}

#[alone]
fn records_arrive_over_both_transports_at_flush_and_at_shutdown() {
    configure();
    for protocol in BOTH {
        let pipeline = Pipeline::over(protocol, |config| {
            let resource = &mut config.resource_attributes;
            resource.floe_namespace = Some("sales".to_owned());
            resource.floe_mode = Some(Mode::Prod);
        });

        let receiver = &pipeline.receiver;
        tracing::info!("of an earlier provider");
        let ids = load();
        tracing::debug!("outside");
        let error = "x".parse::<u8>().unwrap_err();
        let failure: &(dyn std::error::Error + 'static) = &error;
        tracing::error!(error = failure, "cannot parse");
        tracing::error!(error = %failure, "cannot parse it");
        tracing::info!(error = %failure, "tries again");
        tracing::info!(name: "rows.loaded", loaded = 5);
        tracing::info!(loaded = 6);
        pipeline.flush();
        check(receiver, ids);
        tracing::info!("last");
        pipeline.shut_down();
        tracing::info!("too late");
        receiver.log("last");
        assert!(receiver.logs().iter().all(|log| log.body != Some("too late".into())));
        let statistics = pipeline.statistics();
        assert_eq!(statistics.logs_exported, receiver.logs().len() as u64);
        assert_eq!((statistics.logs_failed, statistics.logs_dropped), (0, 0));
    }
}

struct LogsItself;

impl fmt::Display for LogsItself {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        log::info!(rows = 4; "formatting");
        f.write_str(&url())
    }
}

#[test]
fn a_record_and_its_line_have_the_span_and_the_key_values_of_the_code() {
    let program = program!({
        let _telemetry = floe_telemetry::init().unwrap();
        let holder = tracing::info_span!("holder");
        tracing::info_span!("other").in_scope(|| {
            tracing::info!(parent: &holder, "of the holder");
            tracing::info!(parent: &tracing::debug_span!("disabled"), "of one that is off");
            tracing::info!(parent: None, "of none");
            tracing::info!("of the other");
        });
        tracing::info!(parent: &holder, "outside");
        let list = [1, 2];
        let failure = "x".parse::<u8>().unwrap_err();
        // As `#[instrument(err)]` writes an error.
        tracing::error!(error = %failure);
        log::info!(
            user = "ann", rows = 3, ratio = 0.5, done = true, list:? = list, error:% = failure,
            password = "open sesame", level = 7, url = url().as_str(), user = "bob";
            "with values of {LogsItself}"
        );
        log::info!("without");
    });
    let receiver = Receiver::grpc();
    let (stdout, _) = program.against(&receiver, &[("FLOE_LOG_OUTPUT", "stdout")]);
    let lines = json_lines(&stdout);
    let line = |event: &str| lines.iter().find(|line| line["event"] == event).unwrap();
    let spans = receiver.spans();
    for (body, name) in [
        ("of the holder", "holder"),
        ("of one that is off", ""),
        ("of none", ""),
        ("of the other", "other"),
        ("outside", "holder"),
        ("invalid digit found in string", ""),
    ] {
        let span = spans.iter().find(|span| span.name == name);
        let ids = span.map_or(["", ""], |span| [&span.trace_id, &span.span_id]);
        let log = receiver.log(body);
        assert_eq!([&*log.trace_id, &*log.span_id], ids, "{body}");
        let line = line(body);
        let of_line = |key: &str| line.get(key).map_or("", |id| id.as_str().unwrap());
        assert_eq!([of_line("trace_id"), of_line("span_id")], ids, "{body}");
    }

    let body = "with values of postgres://<REDACTED>@db/orders";
    let attributes = serde_json::json!({
        "user": "ann", "rows": 3, "ratio": 0.5, "done": true, "list": "[1, 2]",
        "error": "invalid digit found in string", "password": "<REDACTED>", "level": 7,
        "url": "postgres://<REDACTED>@db/orders",
    });

    let attributes = attributes.as_object().unwrap();
    let log = receiver.log(body);
    let line = line(body);
    assert_eq!(log.attributes.len(), attributes.len(), "{log:?}");
    for (key, value) in attributes {
        assert_eq!(log.attributes[key], *value, "{key}");
        let name = if key == "level" { "fields.level" } else { key };
        assert_eq!(line[name], *value, "{key}");
    }

    assert_eq!(receiver.log("without").attributes.len(), 0);
}

#[derive(Debug)]
struct Sending(Mutex<Sender<usize>>);

impl LogExporter for Sending {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let sizes = self.0.lock().unwrap();
        sizes.send(batch.iter().count()).unwrap();
        Ok(())
    }
}

/// Starts a provider with batches of at most 300 records. The channel gets the size of each batch.
fn sending(delay: Duration) -> (TelemetryProvider, mpsc::Receiver<usize>) {
    let (sender, sizes) = channel();
    let mut config = TelemetryConfig::new("orders");
    config.log_batch_processor.max_export_batch_size = 300;
    config.log_batch_processor.schedule_delay_millis = delay.as_millis().try_into().unwrap();
    let exporter = Sending(Mutex::new(sender));
    let telemetry = TelemetryProvider::builder(config).with_log_exporter(exporter);
    (telemetry.initialize().unwrap(), sizes)
}

#[alone]
fn a_batch_is_bounded_in_records_and_in_bytes() {
    configure();
    let (telemetry, sizes) = sending(Duration::from_secs(1));
    for (message, most) in [("small".to_owned(), 300), ("large ".repeat(1_300), 135)] {
        for _ in 0..700 {
            tracing::info!("{message}");
        }

        telemetry.force_flush(TIMEOUT).unwrap();
        let sizes: Vec<_> = sizes.try_iter().collect();
        assert_eq!(sizes.iter().sum::<usize>(), 700);
        assert!(sizes.iter().all(|size| *size <= most), "{sizes:?}");
    }
}

/// Without a flush, a full batch is exported at once, and the rest of a burst after the schedule delay.
#[alone]
fn a_batch_is_exported_when_it_is_full_and_when_it_is_due() {
    configure();
    let all = |delay: Duration, records: usize, expected: usize| {
        let (telemetry, sizes) = sending(delay);
        for _ in 0..records {
            tracing::info!("one");
        }

        let mut found = 0;
        while found < expected {
            found += sizes.recv_timeout(TIMEOUT).unwrap();
        }

        telemetry.shutdown(TIMEOUT).unwrap();
        (found, sizes.try_iter().sum::<usize>())
    };

    let hour = Duration::from_secs(3_600);
    assert_eq!(all(hour, 700, 600), (600, 100));
    for records in [1, 299, 700] {
        assert_eq!(all(Duration::from_millis(10), records, records), (records, 0));
    }
}

/// A loop may log faster than its records are exported. The default memory holds a long burst of small records: an
/// exporter's queue may take 5 MiB here.
#[alone]
fn a_long_queue_holds_the_records_of_a_loop() {
    const RECORDS: usize = 16_000;
    let mut logging = LoggingConfig::default();
    logging.output = LogOutput::None;
    logs::configure_logging(&logging).unwrap();
    let blocked = Blocked::default();
    let mut config = TelemetryConfig::new("orders");
    config.log_batch_processor.max_queue_size = RECORDS;
    let telemetry =
        TelemetryProvider::builder(config).with_log_exporter(blocked.clone()).initialize().unwrap();
    for number in 0..RECORDS {
        tracing::info!(number, table = "orders", "one of many");
    }

    blocked.release();
    telemetry.shutdown(TIMEOUT).unwrap();
    let counted = telemetry.statistics();
    let exported = (counted.logs_exported, counted.logs_dropped);
    assert_eq!(exported, (RECORDS as u64, 0));
}

struct ShutsDown<'a>(&'a TelemetryProvider);

impl fmt::Display for ShutsDown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.shutdown(TIMEOUT).unwrap();
        f.write_str("late")
    }
}

/// A busy program logs until its end.
#[alone]
fn a_record_that_the_shutdown_overtakes_is_no_loss() {
    configure();
    let config = TelemetryConfig::new("orders");
    let blocked = Blocked::default();
    blocked.release();
    let telemetry =
        TelemetryProvider::builder(config).with_log_exporter(blocked).initialize().unwrap();
    tracing::info!("{}", ShutsDown(&telemetry));
    let counted = telemetry.statistics();
    assert_eq!((counted.logs_dropped, counted.logs_pending), (0, 0));
}

#[derive(Debug)]
struct Broken;

impl LogExporter for Broken {
    async fn export(&self, _: LogBatch<'_>) -> OTelSdkResult {
        tracing::error!("an exporter that logs");
        panic!("an exporter that panics");
    }
}

/// A message about a failed export is not exported, because it would cause another failed export, and so on.
#[test]
fn messages_about_a_failed_export_are_not_exported() {
    let program = program!({
        configure();
        let change = |config: &mut TelemetryConfig| {
            config.exporters.metrics = Some(vec![ExporterKind::None]);
            config.log_batch_processor.schedule_delay_millis = 1;
        };
        let add = |builder: TelemetryProviderBuilder| builder.with_log_exporter(Broken);
        let Pipeline { receiver, telemetry } = Pipeline::with(OtlpProtocol::Grpc, change, add);
        let message = "broken".to_owned();
        let code = Code::PermissionDenied;
        receiver.respond(Response::Grpc { code, message });
        for _ in 0..10 {
            load();
            let error = telemetry.force_flush(TIMEOUT).unwrap_err();
            assert!(error.is_export(), "{error}");
        }
        let _ = telemetry.shutdown(TIMEOUT);
        let statistics = telemetry.statistics();
        // Two exporters lose the program's twenty records, and there are no other records.
        assert_eq!(statistics.logs_failed, 2 * 20);
        assert_eq!((statistics.logs_exported, statistics.logs_dropped), (0, 0));
    });
    let (_, stderr) = program.run(&[]);
    let count = |text: &str| stderr.lines().filter(|line| line.contains(text)).count();
    // There is at most one message a minute for each cause.
    assert_eq!(count("could not be exported"), 2);
    assert_eq!(count("by log"), 10);
    assert!(count("{\"event\":") < 100, "{stderr}");
}
