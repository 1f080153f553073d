use floe_telemetry::traced;

struct Catalog;

#[traced(kind = cleint)]
impl Catalog {
    fn create(&self) {}

    fn drop(&self) {}
}

fn main() {
    Catalog.create();
    Catalog.drop();
}
