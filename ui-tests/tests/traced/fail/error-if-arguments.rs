use floe_telemetry::traced;

#[traced(error_if = |r, limit| r > limit)]
fn two(limit: u8) -> u8 {
    limit
}

#[traced(error_if = |r| *r > limit)]
fn captures(limit: u8) -> u8 {
    limit
}

fn main() {}
