use floe_telemetry::traced;

#[traced(tracer = "")]
fn work() {}

#[traced(tracer = "")]
impl Work {
    fn work() {}
}

struct Work;

fn main() {}
