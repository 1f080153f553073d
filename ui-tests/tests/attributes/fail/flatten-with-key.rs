use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct Load {
    #[floe(flatten, key = "source")]
    source: String,
}

fn main() {}
