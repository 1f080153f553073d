//! The recorded form of the fields of a span.

use std::fmt;
use std::io;

use floe_telemetry::SpanKind;
use opentelemetry::trace::Status;
use tracing::field::Empty;
use tracing::{info_span, instrument};

use super::record;

#[derive(Debug)]
struct Rows {
    #[expect(dead_code, reason = "its text is recorded")]
    count: u8,
}

#[test]
fn fields_are_typed_attributes() {
    let spans = record(|| {
        let _span = info_span!(
            "load",
            small = -3_i32,
            large = u64::MAX,
            fits = 7_u64,
            huge = i128::MAX,
            ratio = 0.5,
            cached = true,
            table = "orders",
            rows = ?Rows { count: 3 },
            shown = %format_args!("{}-{}", "a", "b"),
            long = %"x".repeat(60),
            never = Empty,
            missing = None::<i64>,
            some.dotted.key = 1_u8,
        );
    });
    spans
        .single("load")
        .assert_root()
        .assert_unset()
        .assert_attribute("small", -3)
        .assert_attribute("large", "18446744073709551615")
        .assert_attribute("fits", 7)
        .assert_attribute("huge", "170141183460469231731687303715884105727")
        .assert_attribute("ratio", 0.5)
        .assert_attribute("cached", true)
        .assert_attribute("table", "orders")
        .assert_attribute("rows", "Rows { count: 3 }")
        .assert_attribute("shown", "a-b")
        .assert_attribute("long", "x".repeat(60))
        .assert_attribute("some.dotted.key", 1)
        .assert_no_attribute("never")
        .assert_no_attribute("missing");
}

#[test]
fn later_values_override_earlier_ones() {
    let spans = record(|| {
        let span = info_span!("load", rows = Empty, state = "new");
        span.record("rows", 12_u64);
        let entered = span.enter();
        span.record("state", "entered");
        drop(entered);
        span.record("state", format_args!("{}", "done"));
    });

    spans.single("load").assert_attribute("rows", 12).assert_attribute("state", "done");
}

#[test]
fn a_span_has_its_source_location() {
    let spans = record(|| {
        info_span!(target: "shop::orders", "load");
    });
    let line = i64::from(line!()) - 2;

    spans
        .single("load")
        .assert_attribute("target", "shop::orders")
        .assert_attribute("code.file.path", file!())
        .assert_attribute("code.line.number", line)
        .assert_attribute("code.module.name", module_path!())
        .assert_no_attribute("code.function.name")
        .assert_no_attribute("thread.id")
        .assert_no_attribute("level");
}

#[test]
fn opentelemetry_fields_set_span_properties() {
    let spans = record(|| {
        let path = "/orders/7";
        let _get = info_span!(
            "request",
            otel.name = %format_args!("GET {path}"),
            otel.kind = "Server",
            otel.status_code = "OK",
            otel.other = "kept",
        );

        let later =
            info_span!("later", otel.name = Empty, otel.kind = Empty, otel.status_code = Empty);
        let _entered = later.enter();
        later.record("otel.name", "renamed");
        later.record("otel.kind", format_args!("{}", "producer"));
        later.record("otel.status_code", "ERROR");
        let failed = info_span!("failed", otel.status_description = Empty, otel.kind = "nonsense");
        failed.record("otel.status_description", "no such table");
    });

    let get = spans.single("GET /orders/7").assert_ok();
    assert_eq!(*get.kind(), SpanKind::Server);
    for key in ["otel.name", "otel.kind", "otel.status_code"] {
        get.assert_no_attribute(key);
    }

    get.assert_attribute("otel.other", "kept");
    let renamed = spans.single("renamed").assert_error("");
    assert_eq!(*renamed.kind(), SpanKind::Producer);
    let failed = spans.single("failed").assert_error("no such table");
    assert_eq!(*failed.kind(), SpanKind::Internal);
}

#[derive(Debug, thiserror::Error)]
#[error("the load failed")]
struct Outer(#[source] io::Error);

#[test]
fn an_error_is_recorded_with_its_sources() {
    let spans = record(|| {
        let error = Outer(io::Error::other("disk full"));
        let cause: &(dyn std::error::Error + 'static) = &error;
        info_span!("load", cause);
    });
    spans
        .single("load")
        .assert_unset()
        .assert_attribute("cause", "the load failed: disk full")
        .assert_attribute("exception.message", "the load failed: disk full")
        .assert_attribute("exception.stacktrace", "0: the load failed\n1: disk full");
}

struct Panics;

impl fmt::Debug for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("no text")
    }
}

#[test]
fn a_panicking_field_is_a_warning() {
    let spans = record(|| {
        let span = info_span!("load", first = 1, second = ?Panics, third = Empty);
        span.record("third", tracing::field::debug(Panics));
    });
    spans
        .single("load")
        .assert_attribute("first", 1)
        .assert_attribute("floe.warning", "an expression of the span panicked: no text")
        .assert_no_attribute("second")
        .assert_no_attribute("third");
}

#[instrument(fields(total = 1 + number))]
fn counted(number: i64, password: &str) -> usize {
    password.len()
}

#[test]
fn arguments_of_an_instrumented_function_are_redacted() {
    let spans = record(|| {
        counted(2, "hunter2");
        info_span!(
            "connect",
            url = "postgresql://floe:hunter2@db/x",
            otel.name = "open postgresql://a:hunter2@db"
        );
    });
    spans
        .single("counted")
        .assert_attribute("number", 2)
        .assert_attribute("total", 3)
        .assert_attribute("password", "<REDACTED>");
    spans
        .single("open postgresql://<REDACTED>@db")
        .assert_attribute("url", "postgresql://<REDACTED>@db/x");
    for span in spans.iter() {
        assert!(!format!("{:?}", span.data()).contains("hunter2"));
        assert_ne!(*span.status(), Status::Ok);
    }
}
