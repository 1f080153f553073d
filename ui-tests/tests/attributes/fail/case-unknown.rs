use floe_telemetry::FloeAttributes;
use floe_telemetry::attributes::ToAttributeValue;

#[derive(FloeAttributes)]
#[floe(rename_all = "snakecase")]
enum Mode {
    Dev,
}

fn value(mode: &Mode) -> &impl ToAttributeValue {
    mode
}

fn main() {}
