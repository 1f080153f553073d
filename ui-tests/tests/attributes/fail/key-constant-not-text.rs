use floe_telemetry::FloeAttributes;

const CHANNEL: u8 = 3;

#[derive(FloeAttributes)]
struct Alert {
    #[floe(key = CHANNEL)]
    channel: String,
}

fn main() {}
