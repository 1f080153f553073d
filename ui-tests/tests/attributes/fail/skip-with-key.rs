use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct Alert {
    #[floe(skip, key = "alert.channel")]
    channel: String,
}

fn main() {}
