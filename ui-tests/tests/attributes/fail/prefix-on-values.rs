use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
#[floe(prefix = "mode")]
enum Mode {
    Dev,
}

fn main() {}
