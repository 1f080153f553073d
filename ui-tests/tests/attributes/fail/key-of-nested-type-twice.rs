use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct Source {
    rows: u64,
}

#[derive(FloeAttributes)]
struct Load {
    rows: u64,
    #[floe(flatten)]
    source: Source,
}

fn main() {}
