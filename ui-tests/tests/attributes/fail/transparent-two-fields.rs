use floe_telemetry::FloeAttributes;
use floe_telemetry::attributes::ToAttributeValue;

#[derive(FloeAttributes)]
#[floe(transparent)]
struct Pair(u8, String);

fn value(pair: &Pair) -> &impl ToAttributeValue {
    pair
}

fn main() {}
