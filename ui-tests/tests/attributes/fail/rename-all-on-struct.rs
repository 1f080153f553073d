use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
#[floe(rename_all = "snake_case")]
struct Alert {
    channel: String,
}

fn main() {}
