use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct Load {
    #[floe(flatten)]
    source: Vec<String>,
    rows: u64,
}

fn main() {}
