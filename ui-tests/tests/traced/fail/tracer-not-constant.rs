use floe_telemetry::traced;

#[traced(tracer = table)]
fn of_an_argument(table: &'static str) {}

fn name() -> &'static str {
    "acme"
}

#[traced(tracer = name())]
fn of_a_call() {}

#[traced(tracer = 3)]
fn of_a_number() {}

static TRACER: floe_telemetry::Tracer = floe_telemetry::tracer!("acme");

#[traced(tracer = TRACER)]
fn of_a_tracer() {}

fn main() {}
