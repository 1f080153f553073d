use floe_telemetry::traced;

#[traced]
pub const fn create() -> u8 {
    3
}

const _: u8 = create();

fn main() {}
