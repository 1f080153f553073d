#![deny(warnings)]
#![allow(dead_code)]
//! Braces and parentheses in the arguments and in the types are the user's.

use floe_telemetry::{FloeAttributes, traced};
use opentelemetry::{Context, KeyValue, trace::SpanContext};

#[derive(FloeAttributes)]
struct Row {
    id: u64,
}

#[traced(attributes_fn = |n: &u64| -> Result<[KeyValue; 1], String> { Ok([KeyValue::new("n", n.to_string())]) })]
fn with_a_type(n: u64) {}

#[traced(attributes_fn = |n| { [("n", *n)] })]
fn without_a_type(n: u64) {}

#[traced(attributes_fn = |n| ([("n", *n)]))]
fn in_parentheses(n: u64) {}

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
fn expressions(n: u64) {}

#[traced(name = ("a"), parent = { cx }, links = { links }, floe_attributes = { row })]
fn more(cx: &Context, row: &Row, links: &[SpanContext]) {}

#[traced(parent = (cx), links = (links), floe_attributes = (row))]
async fn more_in_parentheses(cx: &Context, row: &Row, links: &[SpanContext]) {}

#[traced]
fn closure() -> impl (Fn(&str) -> usize) + Send {
    |text| text.len()
}

#[rustfmt::skip]
#[traced]
fn array() -> impl Iterator<Item = u8> { [0_u8; 4].into_iter() }

#[rustfmt::skip]
#[traced]
fn block(text: &str) -> impl Iterator<Item = char> + '_ { text.chars().map(|c| { let next = c; next }) }

#[rustfmt::skip]
#[traced]
fn statements(n: u8) -> impl Fn() -> u8 { let n = n + 1; move || n }

fn main() {}
