use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct Alert {
    #[floe(key = 3)]
    channel: String,
}

fn main() {}
