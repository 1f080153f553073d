#![deny(warnings)]
//! Braces and parentheses in the arguments and in the types are the user's.

use floe_telemetry::{FloeAttributes, traced};
use opentelemetry::{Context, KeyValue, trace::SpanContext};

#[derive(FloeAttributes)]
struct Row {
    id: u64,
}

#[traced(attributes_fn = |n: &u64| -> Result<[KeyValue; 1], String> { Ok([KeyValue::new("n", n.to_string())]) })]
fn with_a_type(n: u64) {
    let _ = n;
}

#[traced(attributes_fn = |n| { [("n", *n)] })]
fn without_a_type(n: u64) {
    let _ = n;
}

#[traced(attributes_fn = |n| ([("n", *n)]))]
fn in_parentheses(n: u64) {
    let _ = n;
}

#[traced(attributes_fn = |_| { [("n", 1)] })]
async fn without_arguments(n: u64) -> u64 {
    n
}

#[traced(error_if = |n| { *n == 0 })]
fn error_in_braces(n: u64) -> u64 {
    n
}

#[traced(error_if = |n: &u64| -> bool { *n == 0 })]
async fn error_with_a_type(n: u64) -> u64 {
    n
}

#[traced(error_if = |n| (*n == 0))]
fn error_in_parentheses(n: u64) -> u64 {
    n
}

#[traced(name = { format!("{n}") }, attributes(n = { n }, m = (n), k = { n.to_string() }, l = (n + 1)))]
fn expressions(n: u64) {
    let _ = n;
}

#[traced(name = ("a"), parent = { cx }, links = { links }, floe_attributes = { row })]
fn more(cx: &Context, row: &Row, links: &[SpanContext]) {
    let _ = (cx, row.id, links);
}

#[traced(parent = (cx), links = (links), floe_attributes = (row))]
async fn more_in_parentheses(cx: &Context, row: &Row, links: &[SpanContext]) {
    let _ = (cx, row.id, links);
}

#[traced]
fn closure() -> impl (Fn(&str) -> usize) + Send {
    |text| text.len()
}

fn main() {
    with_a_type(1);
    without_a_type(1);
    in_parentheses(1);
    drop(without_arguments(1));
    error_in_braces(1);
    drop(error_with_a_type(1));
    error_in_parentheses(1);
    expressions(1);
    let row = Row { id: 1 };
    more(&Context::new(), &row, &[]);
    drop(more_in_parentheses(&Context::new(), &row, &[]));
    closure()("");
}
