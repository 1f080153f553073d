use floe_telemetry::FloeAttributes;

mod keys {}

#[derive(FloeAttributes)]
struct Alert {
    #[floe(key = keys::CHANNEL)]
    channel: String,
}

fn main() {}
