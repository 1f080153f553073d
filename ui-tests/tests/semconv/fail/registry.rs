floe_telemetry::registry!("nowhere/registry.yaml");
floe_telemetry::registry!(path);
floe_telemetry::registry!("../../../../tests/telemetry/mistakes.yaml");
floe_telemetry::registry!();
floe_telemetry::registry!("../../../../tests/telemetry/nowhere");
floe_telemetry::registry!("../../../../tests/src");

fn main() {}
