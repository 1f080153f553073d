use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
enum Job {
    Failed(u32, #[floe(key = "job.reason")] String),
}

fn main() {}
