use floe_telemetry::traced;

#[traced(level = "debug")]
fn text() {}

#[traced(level = Level::DEBUG)]
fn path() {}

#[traced(level = "warning")]
fn longer() {}

#[traced(level = 2)]
fn number() {}

#[traced(kind = SpanKind::Client)]
fn kind() {}

#[traced(level = "INFO")]
impl Work {
    fn work() {}
    fn more() {}
}

struct Work;

fn main() {}
