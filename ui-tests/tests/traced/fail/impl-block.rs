use floe_telemetry::traced;

struct Catalog;

#[traced]
impl Catalog {
    fn create(&self) {}
}

fn main() {}
