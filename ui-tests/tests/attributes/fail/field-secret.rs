use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct Login {
    user: String,
    password: String,
}

fn main() {}
