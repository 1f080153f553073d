use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
#[floe(prefix = "alert.")]
struct Alert {
    channel: String,
}

fn main() {}
