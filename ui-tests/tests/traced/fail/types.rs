use std::future::{Future, Ready, ready};

use floe_telemetry::traced;

struct Table;

#[traced(attributes(rows = 3, table, name = &table))]
fn attribute(table: Table) {
    let _ = table;
}

#[traced(attributes(%table, key = ?table))]
fn text(table: Table) {
    let _ = table;
}

#[traced(name = 3)]
fn number_as_name() {}

#[traced(name = rows + 1)]
fn sum_as_name(rows: u64) {
    let _ = rows;
}

#[traced(parent = table)]
fn parent(table: &str) {
    let _ = table;
}

#[traced(links = [table])]
fn link(table: &str) {
    let _ = table;
}

#[traced(floe_attributes = table)]
fn floe_attributes(table: &str) {
    let _ = table;
}

#[traced(attributes_fn = |table: String| [("bytes", table.len())])]
fn attributes_fn_by_value(table: String) {
    drop(table);
}

fn describe(table: &str) -> [(&'static str, u64); 1] {
    [("bytes", table.len() as u64)]
}

#[traced(attributes_fn = describe)]
fn attributes_fn_of_one_argument(table: &str, rows: u64) {
    let _ = (table, rows);
}

#[traced(attributes_fn = |table| table.len())]
fn attributes_fn_of_a_number(table: &str) {
    let _ = table;
}

#[traced(error_if = |result| result.as_ref().err())]
fn error_if_not_bool() -> Result<(), String> {
    Ok(())
}

#[traced(error_if = |result: &Option<u8>| result.is_none())]
fn error_if_of_an_option() -> Result<(), String> {
    Ok(())
}

#[traced(error_if = Table::is_lost)]
fn error_if_of_a_table() -> Result<(), String> {
    Ok(())
}

#[traced(error_if = error_of)]
fn error_if_of_a_function() -> Result<(), String> {
    Ok(())
}

fn error_of(result: &Result<(), String>) -> Option<&String> {
    result.as_ref().err()
}

impl Table {
    fn is_lost(&self) -> bool {
        true
    }
}

#[traced(ret)]
fn opened() -> Result<secrecy::SecretString, String> {
    Err(String::new())
}

#[traced(ret = |table| table.is_empty())]
fn no_such_method() -> Option<Table> {
    None
}

#[traced(future)]
fn future_not_boxed() -> Ready<u8> {
    ready(1)
}

#[traced(future)]
fn no_future() -> Option<u8> {
    None
}

#[traced]
fn cloned() -> impl Future<Output = u8> + Clone + Send + 'static {
    ready(1)
}

#[traced(ret = |n| n + limit)]
fn captured(limit: u8) -> u8 {
    limit
}

fn main() {}
