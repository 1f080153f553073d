use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
union Word {
    bits: u64,
    number: f64,
}

fn main() {}
