use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct Alert {
    #[floe(key = "alert..channel")]
    channel: String,
}

fn main() {}
