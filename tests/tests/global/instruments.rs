//! Instruments beside counters, gauges and histograms, and the instruments of OpenTelemetry's API.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use floe_telemetry::{MetricRecorder, TelemetryConfig, TelemetryProvider, init};
use floe_tests::{MetricValue, ReceivedPoint, Receiver, TIMEOUT, is_child, run_in_child};
use opentelemetry::{KeyValue, global};

static METRICS: MetricRecorder = MetricRecorder::new("orders");

fn url() -> String {
    format!("postgres://floe:{}@db/orders", concat!("hunter2", "XyZ"))
}

#[track_caller]
fn single<'a>(points: &'a [ReceivedPoint], name: &str) -> &'a ReceivedPoint {
    let found: Vec<_> = points.iter().filter(|point| point.name == name).collect();
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    found[0]
}

fn points() -> Vec<ReceivedPoint> {
    let receiver = Receiver::grpc();
    let mut config = TelemetryConfig::new("orders");
    "otlp".clone_into(&mut config.backend);
    config.otlp_endpoint = Some(receiver.endpoint());
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    for _ in 0..50 {
        METRICS.add("connections", 2, &[]);
        METRICS.add("connections", -1, &[]);
    }
    let meter = global::meter("driver");
    let labels = [KeyValue::new("url", url())];
    meter.u64_counter("driver.queries").build().add(4, &labels);
    meter.f64_histogram("driver.wait").build().record(1.5, &[]);
    let _waiting = meter
        .i64_observable_up_down_counter("waiting")
        .with_unit("{order}")
        .with_callback(|observer| observer.observe(3, &[KeyValue::new("url", url())]))
        .build();
    telemetry.shutdown(TIMEOUT).unwrap();
    receiver.points()
}

#[test]
fn names_of_scopes_without_end_share_one() {
    const TEST: &str = "instruments::names_of_scopes_without_end_share_one";
    if is_child() {
        let _telemetry = init().unwrap();
        for number in 0..600 {
            let of_request: &'static str = format!("recorder {number}").leak();
            MetricRecorder::new(of_request).increment("made", 1, &[]);
            let of_request: &'static str = format!("meter {number}").leak();
            global::meter(of_request).u64_counter("made").build().add(1, &[]);
        }
        // A name that has its scope keeps it.
        MetricRecorder::new("recorder 0").increment("made", 1, &[]);
        return;
    }
    let receiver = Receiver::grpc();
    let endpoint = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*receiver.endpoint())];
    let (_, stderr) = run_in_child(TEST, &endpoint);
    let points = receiver.points();
    let made = points.iter().filter(|point| point.name == "made");
    let made: BTreeMap<_, _> = made.map(|point| (&*point.scope, &point.value)).collect();
    assert_eq!(made.len(), 1_001);
    assert_eq!(made["meter 499"], &MetricValue::Sum(1.0));
    assert_eq!(made["recorder 0"], &MetricValue::Sum(2.0));
    assert_eq!(made["floe.telemetry.overflow"], &MetricValue::Sum(200.0));
    let warnings = stderr.matches("floe.telemetry.overflow").count();
    assert_eq!(warnings, 1, "{stderr}");
}

#[test]
fn a_callback_that_panics_takes_no_other_metric_along() {
    const TEST: &str = "instruments::a_callback_that_panics_takes_no_other_metric_along";
    const BROKEN: [&str; 2] = ["broken", "broken.counter"];
    if is_child() {
        let telemetry = init().unwrap();
        let meter = global::meter("driver");
        let _broken = meter.u64_observable_gauge(BROKEN[0]).with_callback(|_| panic!("a")).build();
        let _broken =
            meter.f64_observable_counter(BROKEN[1]).with_callback(|_| panic!("b")).build();
        let _level = meter
            .i64_observable_gauge("level")
            .with_callback(|observer| observer.observe(7, &[]))
            .build();
        for _ in 0..2 {
            METRICS.increment("made", 1, &[]);
            telemetry.force_flush(TIMEOUT).unwrap();
        }
        telemetry.shutdown(TIMEOUT).unwrap();
        return;
    }
    let receiver = Receiver::grpc();
    let endpoint = receiver.endpoint();
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint), ("RUST_LOG", "off")];
    let (_, stderr) = run_in_child(TEST, &variables);
    let points = receiver.points();
    let of = |name: &'static str| points.iter().filter(move |point| point.name == name);
    assert!(of("level").count() > 2, "{points:?}");
    assert!(of("made").any(|point| point.value == MetricValue::Sum(2.0)), "{points:?}");
    for name in BROKEN {
        let line = format!("error: a metric is not observed metric={name} reason=");
        assert_eq!(stderr.matches(&line).count(), 1, "{name}: {stderr}");
        assert!(!points.iter().any(|point| point.name == name));
    }
}

#[test]
fn every_instrument_is_exported_by_each_provider() {
    floe_tests::alone!();
    global::set_meter_provider(TelemetryProvider::meter_provider());
    // Without a provider, nothing is measured.
    global::meter("driver").u64_counter("driver.queries").build().add(1, &[]);

    for round in 0..2 {
        let points = points();
        let redacted = "postgres://<REDACTED>@db/orders".into();
        let waiting = single(&points, "waiting");
        assert_eq!(waiting.value, MetricValue::Sum(3.0), "{round}");
        assert_eq!((&*waiting.unit, &*waiting.scope), ("{order}", "driver"));
        assert_eq!(waiting.attributes["url"], redacted);
        assert_eq!(single(&points, "connections").value, MetricValue::Sum(50.0));
        let queries = single(&points, "driver.queries");
        assert_eq!((&queries.value, &*queries.scope), (&MetricValue::Sum(4.0), "driver"));
        assert_eq!(queries.attributes["url"], redacted);
        assert_eq!(queries.resource["service.name"], "orders".into());
        assert!(matches!(single(&points, "driver.wait").value, MetricValue::Histogram(1, ..)));
    }
}
