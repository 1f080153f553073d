use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
enum Job {
    Started { id: u32, #[floe(key = "id")] attempt: u32 },
    Failed { id: u32 },
}

fn main() {}
