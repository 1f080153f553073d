use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
#[floe(transparent)]
enum Job {
    Started { id: u32 },
}

fn main() {}
