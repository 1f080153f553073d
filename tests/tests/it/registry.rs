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

#[expect(deprecated, reason = "the registry renamed it, and the constant says so")]
#[traced(attributes(keys::ACME_ORDER_AMOUNT = 1.5))]
fn renamed_constant() {}

#[expect(deprecated, reason = "it is not in the registry")]
#[traced(attributes("acme.order.totl" = 1.5))]
fn unknown() {}

#[expect(deprecated, reason = "it is none of the members")]
#[traced(attributes("acme.order.state" = "opened"))]
fn another_value() {}

/// A folder, whose manifest names a registry that it depends on.
pub(crate) mod company {
    floe_telemetry::registry!("telemetry/company");
}

/// The same folder.
mod manifest {
    floe_telemetry::registry!("telemetry/company/registry_manifest.yaml");
}

#[traced(
    semconv = strict,
    attributes(company::CORP_ORDER_ID = id, "corp.person.id" = id, "corp.shared.region" = "eu")
)]
fn of_a_company(id: u64) {}

#[expect(deprecated, reason = "no file has it")]
#[traced(attributes("corp.order.total" = 1.5))]
fn unknown_in_the_folder() {}

#[test]
fn a_folder_is_a_registry() {
    let spans = testing::capture(|| {
        of_a_company(17);
        unknown_in_the_folder();
    });
    spans
        .single("of_a_company")
        .assert_attribute("corp.order.id", 17)
        .assert_attribute("corp.person.id", 17)
        .assert_attribute("corp.shared.region", "eu");
    assert_eq!(manifest::CORP_PERSON_ID.as_str(), company::CORP_PERSON_ID.as_str());
}

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
