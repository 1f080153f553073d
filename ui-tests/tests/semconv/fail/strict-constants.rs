use floe_telemetry::__private::semconv::Integer;
use floe_telemetry::attributes::TypedKey;
use floe_telemetry::traced;

const ID: TypedKey<Integer> = TypedKey::new("acme.id");
const NAME: &str = "acme.name";

#[traced(semconv = strict, attributes(ID = id, NAME = id))]
fn load(id: &str) {}

fn main() {}
