use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
#[floe(prefix = 3)]
struct Alert {
    channel: String,
}

fn main() {}
