use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct Load {
    #[floe(prefix = "load.source")]
    source: String,
}

fn main() {}
