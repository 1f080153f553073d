use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
#[floe(prefix = "limits")]
pub struct Limits {
    pub min: u32,
    /// The largest.
    pub max: u32,
}

impl Limits {
    pub const MAX: u32 = 3;
}

fn main() {}
