use floe_telemetry::opentelemetry::Context;
use floe_telemetry::traced;

#[traced(attributes(rows = { rows.push(1); rows.len() }))]
fn changes(mut rows: Vec<u8>) {
    rows.clear();
}

#[traced(name = { table = "b"; table })]
async fn changes_in_the_name(mut table: &'static str) {
    table = "c";
    let _ = table;
}

#[traced(attributes(first = rows.next()))]
fn changes_by_reference(rows: &mut std::ops::Range<u32>) -> Option<u32> {
    rows.next()
}

#[traced(parent = { rows.push(1); Context::current() })]
fn changes_in_the_parent(rows: Vec<u8>) {
    drop(rows);
}

#[traced(attributes(n = 1, name = name.unwrap_or_default()))]
fn moves(name: Option<String>) -> String {
    name.unwrap()
}

#[traced(name = name.unwrap())]
async fn moves_in_the_name(name: Option<String>) -> String {
    name.unwrap()
}

#[traced]
async fn moves_in_the_body(name: Option<String>) -> usize {
    drop(name);
    name.unwrap().len()
}

fn main() {}
