//! `registry!`: the keys of the program's own registry.

// A warning that is expected and missing is an error.
#![deny(deprecated, unfulfilled_lint_expectations)]

use floe_telemetry::{testing, traced};

pub(crate) mod keys {
    floe_telemetry::registry!("telemetry/registry.yaml");
}

#[traced(
    semconv = strict,
    attributes(
        keys::ACME_ORDER_ID = id,
        "acme.order.total" = total,
        "acme.order.state" = "open",
        "acme.header.accept" = "json",
        "other.order.anything" = 1,
    )
)]
fn place(id: u64, total: f64) {
    floe_telemetry::set_attribute(keys::ACME_ORDER_TOTAL, total * 2.0);
    let _ = id;
}

#[expect(deprecated, reason = "the registry renamed it")]
#[traced(attributes("acme.order.amount" = 1.5))]
fn renamed() {}

#[expect(
    deprecated,
    reason = "the registry renamed it, and the constant says so"
)]
#[traced(attributes(keys::ACME_ORDER_AMOUNT = 1.5))]
fn renamed_constant() {}

#[expect(deprecated, reason = "it is not in the registry")]
#[traced(attributes("acme.order.totl" = 1.5))]
fn unknown() {}

#[expect(deprecated, reason = "it is none of the members")]
#[traced(attributes("acme.order.state" = "opened"))]
fn another_value() {}

#[test]
fn constants_of_a_registry_are_keys() {
    testing::capture(|| place(17, 2.5))
        .single("place")
        .assert_attribute("acme.order.id", 17)
        .assert_attribute("acme.order.total", 5.0)
        .assert_attribute("acme.order.state", "open");
    assert_eq!(keys::ACME_ORDER_STATE.as_str(), "acme.order.state");
    let spans = testing::capture(|| {
        renamed();
        renamed_constant();
        unknown();
        another_value();
    });
    assert_eq!(spans.len(), 4);
}
