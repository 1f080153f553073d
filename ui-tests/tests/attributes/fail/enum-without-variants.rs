use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
pub enum Nothing {}

fn attributes(nothing: &Nothing) -> &impl FloeAttributes {
    nothing
}

fn main() {}
