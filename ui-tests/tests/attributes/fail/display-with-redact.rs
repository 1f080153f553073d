use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct Request {
    #[floe(display, redact)]
    url: String,
}

fn main() {}
