floe_telemetry::registry!("nowhere/registry.yaml");
floe_telemetry::registry!(path);

fn main() {}
