use floe_telemetry::traced;

#[traced(level = verbose)]
fn misspelt() {}

#[traced(level = 6)]
fn another_number() {}

#[traced(level)]
fn missing() {}

#[traced(level = inof)]
impl Work {
    fn work() {}
}

struct Work;

fn main() {}
