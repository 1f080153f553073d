use floe_telemetry::FloeAttributes;
use floe_telemetry::attributes::ToAttributeValue;

#[derive(FloeAttributes)]
#[floe(transparent)]
struct ApiKey(String);

fn value(key: &ApiKey) -> &impl ToAttributeValue {
    key
}

fn main() {}
