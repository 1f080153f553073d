use floe_telemetry::traced;

struct Catalog;

#[traced(name = "catalog")]
impl Catalog {
    fn create(&self) {}

    #[traced(skip)]
    fn drop(&self) {}
}

fn main() {
    Catalog.create();
    Catalog.drop();
}
