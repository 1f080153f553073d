use floe_telemetry::{Tracer, traced};

static EMPTY: Tracer = floe_telemetry::tracer!("");
static NUMBER: Tracer = floe_telemetry::tracer!(3);
static TRACER: Tracer = floe_telemetry::tracer!("acme");

#[traced(tracer = "")]
fn empty() {}

#[traced(tracer = "")]
impl Work {
    fn work() {}
}

struct Work;

#[traced(tracer = table)]
fn of_an_argument(table: &'static str) {}

fn name() -> &'static str {
    "acme"
}

#[traced(tracer = name())]
fn of_a_call() {}

#[traced(tracer = 3)]
fn of_a_number() {}

#[traced(tracer = TRACER)]
fn of_a_tracer() {}

#[traced(error_if = |result| *result > limit)]
fn error_if_captures(limit: u8) -> u8 {
    limit
}

fn main() {
    let name = String::from("acme");
    let _ = floe_telemetry::tracer!(&name);
}
