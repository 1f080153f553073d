use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct Load {
    #[floe(redact = true)]
    source: String,
}

fn main() {}
