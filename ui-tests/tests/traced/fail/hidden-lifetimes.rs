#![allow(unused_variables)]

use floe_telemetry::traced;

struct Row<'a>(&'a str);

// As without the attribute, though the compiler calls it an error of its own there.
#[traced]
async fn load(row: Row) -> usize {
    let row: Row = row;
    row.0.len()
}

#[traced(attributes(limit))]
async fn all(rows: &[Option<Row>], limit: usize) {}

// These hide no lifetime of an argument.
#[traced]
async fn each(read: impl Fn(Row), rows: &dyn Fn(&str) -> usize, row: Row<'_>, name: String) {}

fn main() {}
