use floe_telemetry::traced;

struct Catalog;

impl Catalog {
    #[traced(attributes_fn = |table| [table.len()])]
    fn create(&self, table: &str) {
        let _ = table;
    }
}

fn main() {}
