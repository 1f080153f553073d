use floe_telemetry::FloeAttributes;

struct Severity;

#[derive(FloeAttributes)]
struct Alert {
    severities: Vec<Severity>,
}

fn main() {}
