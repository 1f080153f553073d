use floe_telemetry::Tracer;

static EMPTY: Tracer = floe_telemetry::tracer!("");

static NUMBER: Tracer = floe_telemetry::tracer!(3);

fn main() {
    let name = String::from("acme");
    let _ = floe_telemetry::tracer!(&name);
}
