use floe_telemetry::traced;

struct Catalog;

#[traced(attributes(tabel))]
impl Catalog {
    fn create(&self, table: &str) {
        let _ = table;
    }

    fn drop(&self, table: &str) {
        let _ = table;
    }
}

fn main() {
    Catalog.create("");
    Catalog.drop("");
}
