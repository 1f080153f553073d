use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct Source {
    rows: u64,
}

#[derive(FloeAttributes)]
#[floe(prefix = "load")]
struct Load {
    #[floe(flatten, prefix = "load")]
    source: Source,
    rows: u64,
}

fn main() {}
