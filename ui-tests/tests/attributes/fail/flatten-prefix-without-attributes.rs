use floe_telemetry::FloeAttributes;

struct Source;

#[derive(FloeAttributes)]
struct Load {
    #[floe(flatten, prefix = "load.source")]
    source: Source,
}

fn main() {}
