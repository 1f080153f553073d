use floe_telemetry::traced;

#[traced(crate = nowhere)]
fn create(rows: u8) -> u8 {
    rows
}

#[traced(crate = missing, attributes(rows))]
async fn load(rows: u8) -> u8 {
    rows
}

#[traced(crate = std)]
fn other() {}

struct Table;

#[traced(crate = absent)]
impl Table {
    fn first(&self) {}

    fn second(&self) {}
}

fn main() {
    create(1);
    drop(load(2));
    other();
    Table.first();
    Table.second();
}
