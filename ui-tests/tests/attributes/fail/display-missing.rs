use floe_telemetry::FloeAttributes;

struct Url;

#[derive(FloeAttributes)]
struct Request {
    #[floe(display)]
    url: Option<Url>,
}

fn main() {}
