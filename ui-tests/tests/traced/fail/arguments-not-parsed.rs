use floe_telemetry::traced;

#[traced]
fn without_a_type(x) {}

#[traced]
fn two_commas(x: u8,, z: u8) {}

struct Service;

#[traced]
impl Service {
    fn late(x: u8, self) {}
}

fn main() {}
