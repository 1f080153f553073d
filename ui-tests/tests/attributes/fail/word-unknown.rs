use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct Alert {
    #[floe(kye = "alert.channel")]
    channel: String,
}

fn main() {}
