use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
#[floe(prefix = "alert")]
struct Alert {
    channel: String,
    #[floe(key = "alert.channel")]
    destination: String,
}

fn main() {}
