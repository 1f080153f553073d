//! What the layer records on request, or does not record.

use std::thread;

use floe_telemetry::{TracingLayer, testing, tracing_layer};
use opentelemetry::Value;
use tracing::{Dispatch, dispatcher::with_default, info, warn_span};
use tracing_subscriber::layer::SubscriberExt;

fn work(layer: TracingLayer) -> testing::Spans {
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
    let code = || {
        with_default(&dispatch, || {
            let span = warn_span!("work");
            span.in_scope(|| span.in_scope(|| info!("done")));
        });
    };
    testing::capture(code)
}

#[test]
fn the_options_select_the_attributes_of_spans() {
    // The same call site with other options.
    let spans = work(tracing_layer());
    spans
        .single("work")
        .assert_attribute("target", module_path!())
        .assert_attribute("code.file.path", file!())
        .assert_attribute("code.module.name", module_path!())
        .assert_no_attribute("level")
        .assert_no_attribute("busy_ns");
    let layer = tracing_layer()
        .with_location(false)
        .with_target(false)
        .with_level(true)
        .with_threads(true)
        .with_tracked_inactivity(true);
    let spans = work(layer.clone());
    let span = spans
        .single("work")
        .assert_no_attribute("target")
        .assert_no_attribute("code.file.path")
        .assert_no_attribute("code.line.number")
        .assert_no_attribute("code.module.name")
        .assert_attribute("level", "WARN")
        .assert_attribute("thread.name", thread::current().name().unwrap());
    assert!(matches!(span.attribute("thread.id"), Some(Value::I64(1..))));
    let times = ["busy_ns", "idle_ns"].map(|key| match span.attribute(key) {
        Some(Value::I64(nanos)) => *nanos,
        other => panic!("{key}: {other:?}"),
    });
    let data = span.data();
    let all = data
        .end_time
        .duration_since(data.start_time)
        .unwrap()
        .as_nanos();
    assert!(times.iter().all(|nanos| *nanos >= 0), "{times:?}");
    assert!(
        i128::from(times[0]) + i128::from(times[1]) <= i128::try_from(all).unwrap() + 1_000_000
    );
    let event = &span.events()[0];
    let keys: Vec<_> = event
        .attributes
        .iter()
        .map(|attribute| attribute.key.as_str())
        .collect();
    assert_eq!(keys, ["level", "target"]);
}
