use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
enum Job {
    Started(u32),
    Unknown,
}

fn main() {}
