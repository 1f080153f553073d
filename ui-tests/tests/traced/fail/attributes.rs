#![allow(unused)]

use floe_telemetry::traced;

#[traced(attributes(table.len()))]
fn expression_without_key(table: &str) {}

#[traced(attributes(rows, tabel))]
fn not_an_argument(table: &str, rows: u64) {}

#[traced(attributes(table))]
fn without_arguments() {}

#[traced(attributes(rows))]
fn variable_of_the_body(text: &str) -> usize {
    let rows = text.lines().count();
    rows
}

#[traced(attributes(bytes = 8 * rows.len()))]
async fn variable_of_the_body_later(text: String) -> usize {
    let (rows, _) = (text.lines().collect::<Vec<_>>(), 0);
    rows.len()
}

struct Catalog {
    warehouse: String,
}

impl Catalog {
    #[traced(attributes(self))]
    fn self_alone(&self) {}

    #[traced(attributes(self.warehouse))]
    fn self_without_receiver(warehouse: &str) {}
}

#[traced(attributes(table, rows = 1, "table" = "orders"))]
fn twice(table: &str) {}

#[traced(attributes(table = ))]
fn value_missing(table: &str) {}

#[traced(attributes(rows: table.len()))]
fn with_colon(table: &str) {}

#[traced(attributes("" = 1, "a b" = 2, "a..b" = 3))]
fn key_with_mistake() {}

#[traced(attributes(db-rows = 3, http.request.header.content-type = %table, http.2xx = 1, 1x = 2))]
fn key_without_quotes(table: &str) {}

#[traced(attributes(rows = { return 1 }))]
fn returns(table: &str) -> u8 {
    1
}

#[traced(name = if table.is_empty() { return } else { table })]
async fn returns_in_the_name(table: &str) {}

#[traced(parent = { return })]
fn returns_in_the_parent() {}

// A closure returns from itself.
#[traced(attributes(rows = (|| { return 1 })()), attributes_fn = |table| { return [("b", table.len())] })]
fn closure(table: &str) {}

#[traced(attributes(rows = count(table).await))]
async fn waits(table: &str) {}

async fn count(_table: &str) -> u8 {
    1
}

fn main() {}
