//! Tests that assert spans. They run in parallel and need no provider: a capture contains only the spans
//! of its own code, redacted as in production.

#![allow(clippy::unwrap_used, reason = "tests")]

use floe_telemetry::testing;
use floe_telemetry_example_library::total;

#[test]
fn a_total_is_recorded() {
    let spans = testing::capture(|| assert_eq!(total("1, 2").unwrap(), 3));
    assert_eq!(spans.names(), ["parse", "parse", "orders.total"]);
    let span = spans.single("orders.total").assert_root().assert_ok();
    span.assert_attribute("bytes", 4).assert_attribute("total", 3);
    assert_eq!(span.scope(), "floe-telemetry-example-library");
}

#[test]
fn a_part_that_is_no_number_is_an_error() {
    let spans = testing::capture(|| assert!(total("1,x").is_err()));
    spans
        .single("orders.total")
        .assert_error("invalid digit found in string")
        .assert_attribute("error.type", "core::num::error::ParseIntError")
        .assert_no_attribute("total");
}
