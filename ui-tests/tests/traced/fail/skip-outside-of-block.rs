use floe_telemetry::traced;

#[traced(skip)]
fn create() {}

struct Catalog;

impl Catalog {
    #[traced(skip)]
    fn drop_table(&self) {}
}

fn main() {
    create();
    Catalog.drop_table();
}
