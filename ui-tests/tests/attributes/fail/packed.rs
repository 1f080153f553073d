use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
#[repr(packed)]
struct Row {
    number: u32,
    text: String,
}

fn main() {}
