use floe_telemetry::FloeAttributes;

struct Severity;

#[derive(FloeAttributes)]
struct Alert<'a> {
    channel: &'a str,
    severity: Option<Severity>,
}

fn main() {}
