use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
#[floe = "alert"]
struct Alert {
    channel: String,
}

fn main() {}
