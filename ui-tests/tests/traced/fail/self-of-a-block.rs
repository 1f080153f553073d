use floe_telemetry::traced;

struct Catalog {
    warehouse: String,
}

#[traced(attributes(rows = self.warehouse.len()))]
impl Catalog {
    fn new(warehouse: &str) -> Self {
        Self { warehouse: warehouse.to_owned() }
    }

    fn drop_table(&self, table: &str) -> usize {
        table.len()
    }
}

#[traced(name = format!("{}", self.name))]
fn free() {}

fn main() {}
