//! Instruments beside counters, gauges and histograms, and the instruments of OpenTelemetry's API.

use std::collections::BTreeMap;

use floe_telemetry::{MetricRecorder, init};
use floe_tests::{MetricValue, Receiver, TIMEOUT, program};
use opentelemetry::global;

static METRICS: MetricRecorder = MetricRecorder::new("orders");

#[test]
fn names_of_scopes_without_end_share_one() {
    let program = program!({
        let _telemetry = init().unwrap();
        for number in 0..600 {
            let of_request: &'static str = format!("recorder {number}").leak();
            MetricRecorder::new(of_request).increment("made", 1, &[]);
            let of_request: &'static str = format!("meter {number}").leak();
            global::meter(of_request).u64_counter("made").build().add(1, &[]);
        }
        // A name whose scope exists keeps that scope.
        MetricRecorder::new("recorder 0").increment("made", 1, &[]);
    });
    let receiver = Receiver::grpc();
    let (_, stderr) = program.against(&receiver, &[]);
    let points = receiver.points_of("made");
    let made: BTreeMap<_, _> = points.iter().map(|point| (&*point.scope, &point.value)).collect();
    assert_eq!(made.len(), 1_001);
    assert_eq!(made["meter 499"], &MetricValue::Sum(1.0));
    assert_eq!(made["recorder 0"], &MetricValue::Sum(2.0));
    assert_eq!(made["floe.telemetry.overflow"], &MetricValue::Sum(200.0));
    let warnings = stderr.matches("floe.telemetry.overflow").count();
    assert_eq!(warnings, 1, "{stderr}");
}

#[test]
fn a_callback_that_panics_loses_only_its_own_metric() {
    const BROKEN: [&str; 2] = ["broken", "broken.counter"];
    let program = program!({
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
    });
    let receiver = Receiver::grpc();
    let (_, stderr) = program.against(&receiver, &[("RUST_LOG", "off")]);
    assert!(receiver.points_of("level").len() > 2);
    let made = receiver.points_of("made");
    assert!(made.iter().any(|point| point.value == MetricValue::Sum(2.0)), "{made:?}");
    for name in BROKEN {
        let line = format!("error: a metric is not observed metric={name} reason=");
        assert_eq!(stderr.matches(&line).count(), 1, "{name}: {stderr}");
        assert_eq!(receiver.points_of(name), []);
    }
}
