use floe_telemetry::{FloeAttributes, traced};

mod keys {
    pub const TABLE: &str = "db.collection.name";
}

#[derive(FloeAttributes)]
#[floe(prefix = "floe")]
struct Identity {
    namespace: &'static str,
}

const IDENTITY: Identity = Identity { namespace: "sales" };

struct Catalog {
    name: String,
}

impl Catalog {
    #[traced(
        name = "iceberg.create_table",
        kind = client,
        attributes(self.name, rows = rows.len(), "db.system.name" = "duckdb", %table, ?limit),
        floe_attributes = (IDENTITY, &IDENTITY),
    )]
    fn create(&self, table: &str, rows: &[u8], limit: Option<u8>) -> Result<(), std::fmt::Error> {
        let _ = (table, rows, limit);
        Ok(())
    }

    #[traced(name = format!("iceberg.{table}"), attributes(keys::TABLE = table, size = self.name.len()))]
    async fn drop_table(&mut self, table: String) -> &mut String {
        self.name.push_str(&table);
        &mut self.name
    }
}

#[traced(attributes(first, x, len = rest.len()))]
fn patterns((first, _): (i64, u8), [x, ..]: [i64; 3], rest: &[u8]) -> i64 {
    let _ = rest;
    first + x
}

fn main() {
    let mut catalog = Catalog { name: String::from("main") };
    catalog.create("orders", b"rows", Some(3)).unwrap();
    drop(catalog.drop_table(String::from("orders")));
    patterns((1, 2), [3, 4, 5], b"");
}
