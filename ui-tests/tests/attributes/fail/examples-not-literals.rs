use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct Load {
    #[floe(examples = "csv")]
    source: String,
}

fn main() {}
