use floe_telemetry::traced;

#[traced(attributes("" = 1, "a b" = 2, "a..b" = 3))]
fn load() {}

fn main() {}
