use floe_telemetry::FloeAttributes;

struct Severity;

#[derive(FloeAttributes)]
#[floe(transparent)]
struct Level(Severity);

fn main() {}
