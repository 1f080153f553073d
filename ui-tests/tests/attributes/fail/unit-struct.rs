use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
pub struct Alert;

fn attributes(alert: &Alert) -> &impl FloeAttributes {
    alert
}

fn main() {}
