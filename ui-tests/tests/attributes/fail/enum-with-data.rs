use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
#[floe(transparent, rename_all = "kebab")]
enum Job {
    Started { password: String },
    Failed(u32, #[floe(skip)] u32),
}

fn attributes(job: &Job) -> &impl FloeAttributes {
    job
}

fn main() {}
