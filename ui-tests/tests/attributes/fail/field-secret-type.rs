use floe_telemetry::FloeAttributes;
use secrecy::SecretString;

#[derive(FloeAttributes)]
struct Login {
    user: String,
    answer: Option<SecretString>,
}

fn main() {}
