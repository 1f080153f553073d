use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
pub enum Mode {
    Dev,
}

fn attributes(mode: &Mode) -> &impl FloeAttributes {
    mode
}

fn main() {}
