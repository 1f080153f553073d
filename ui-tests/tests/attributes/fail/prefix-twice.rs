use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
#[floe(prefix = "alert", prefix = "alarm")]
struct Alert {
    channel: String,
}

fn main() {}
