#![deny(deprecated)]

use floe_telemetry::traced;

mod keys {
    floe_telemetry::registry!("../../../../tests/telemetry/registry.yaml");
}

#[traced(attributes("acme.order.amount" = 1.5, "acme.order.totl" = 1.5, "acme.order.colour" = "red"))]
fn literals() {}

#[traced(attributes("acme.order.state" = "opened", keys::ACME_ORDER_AMOUNT = 1.5))]
fn values_and_constants() {}

fn main() {}
