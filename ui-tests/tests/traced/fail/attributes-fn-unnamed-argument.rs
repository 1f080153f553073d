use floe_telemetry::traced;

#[traced(attributes_fn = |pair, _| pair.0)]
fn create((first, _): (u8, u8), (second, _): (u8, u8)) {
    let _ = (first, second);
}

fn main() {}
