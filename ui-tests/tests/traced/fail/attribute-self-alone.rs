use floe_telemetry::traced;

struct Catalog;

impl Catalog {
    #[traced(attributes(self))]
    fn create(&self) {}
}

fn main() {
    Catalog.create();
}
