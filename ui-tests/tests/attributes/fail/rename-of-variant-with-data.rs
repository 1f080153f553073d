use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
enum Job {
    #[floe(rename = "begun")]
    Started { id: u32 },
}

fn main() {}
