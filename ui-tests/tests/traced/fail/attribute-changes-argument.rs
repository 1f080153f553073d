use floe_telemetry::opentelemetry::Context;
use floe_telemetry::traced;

#[traced(attributes(rows = { rows.push(1); rows.len() }))]
fn load(mut rows: Vec<u8>) {
    rows.clear();
}

#[traced(name = { table = "b"; table })]
async fn create(mut table: &'static str) {
    table = "c";
    let _ = table;
}

#[traced(attributes(first = rows.next()))]
fn skip(rows: &mut std::ops::Range<u32>) -> Option<u32> {
    rows.next()
}

#[traced(parent = { rows.push(1); Context::current() })]
fn store(rows: Vec<u8>) {
    drop(rows);
}

fn main() {}
