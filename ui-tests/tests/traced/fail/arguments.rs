#![allow(unused)]
//! Each function is still there after the mistake in its attribute.

use floe_telemetry::traced;

#[traced("iceberg.create_table")]
fn literal() {}

#[traced(= 3)]
fn not_a_word() {}

#[traced(name = "a", kind = client, name = "b")]
fn twice() {}

#[traced(name = , kind, parent, links = , level)]
fn without_value() {}

#[traced(name = "a" kind = client)]
fn without_comma() {}

#[traced(boxed = "yes")]
async fn with_value() {}

#[traced(crate = "telemetry")]
fn crate_not_a_path() {}

#[traced(name = "")]
fn name_empty() {}

#[traced(parent = None)]
fn parent_none() {}

#[traced(root, parent = cx)]
fn root_with_parent(cx: &opentelemetry::Context) {}

#[traced(skip, root)]
fn skip_with_more() {}

#[traced(attributes = table)]
fn attributes_without_list(table: &str) {}

#[traced(error_if = true)]
fn error_if_not_callable() {}

#[traced(error_if = |result, limit| result > limit)]
fn error_if_with_two_parameters(limit: u8) -> u8 {
    limit
}

#[traced(attributes_fn = describe(table))]
fn attributes_fn_not_callable(table: &str) {}

#[traced(attributes_fn = |pair, _| pair.0)]
fn attributes_fn_of_an_unnamed_argument((first, _): (u8, u8), (second, _): (u8, u8)) {}

#[traced(attributes_fn = |table| [("table", *table)])]
fn attributes_fn_without_arguments() {}

struct Catalog;

impl Catalog {
    #[traced(attributes_fn = |table| [table.len()])]
    fn attributes_fn_without_self(&self, table: &str) {}
}

#[traced(nmae = "a", kind = internl, attributes(tabel))]
fn three_mistakes(table: &str) -> usize {
    table.len()
}

#[traced(ret(Debug))]
fn ret_of_another_form() {}

#[traced(ret = |rows, limit| rows)]
fn ret_with_two_parameters(limit: u8) -> u8 {
    limit
}

#[traced(parent = None, root)]
fn root_without_parent() {}

fn caller() -> usize {
    three_mistakes("the function is still there")
}

fn main() {}
