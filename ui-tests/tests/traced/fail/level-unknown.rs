use floe_telemetry::traced;

#[traced(level = verbose)]
fn misspelt() {}

#[traced(level = "debug")]
fn in_quotes() {}

#[traced(level)]
fn missing() {}

#[traced(level = inof)]
impl Work {
    fn work() {}
}

struct Work;

fn main() {}
