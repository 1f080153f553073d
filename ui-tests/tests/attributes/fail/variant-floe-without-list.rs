use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
enum Mode {
    #[floe]
    Dev,
}

fn main() {}
