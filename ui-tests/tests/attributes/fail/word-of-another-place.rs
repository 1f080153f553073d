use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
#[floe(key = "alert")]
struct Alert {
    #[floe(rename = "to")]
    channel: String,
}

fn main() {}
