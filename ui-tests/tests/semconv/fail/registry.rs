floe_telemetry::registry!("nowhere/registry.yaml");
floe_telemetry::registry!(path);
floe_telemetry::registry!("../../../../tests/telemetry/mistakes.yaml");

fn main() {}
