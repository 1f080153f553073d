// Mistakes in bodies: the errors are the compiler's own, as without the attribute.

use std::fmt::{Debug, Display};

use floe_telemetry::traced;

#[traced]
fn missing_import() -> impl Debug {
    HashMap::<u8, u8>::new()
}

#[traced]
fn unknown_method(text: &str) -> impl Display {
    text.shout()
}

#[traced]
fn unknown_method_inside(text: &str) -> impl Debug {
    Ok::<_, String>(text.shout())
}

#[traced]
fn unknown_type(row: Row) -> impl Display {
    row.name()
}

#[traced]
fn parsed(text: &str) -> impl Display {
    text.parse().unwrap()
}

#[traced]
fn parsed_result(text: String) -> impl Debug {
    text.parse()
}

#[traced]
fn collected(text: &str) -> impl Debug {
    collect(text)
}

#[traced]
fn collected_list(text: &str) -> impl Debug {
    text.split(',').map(|item| item.parse().unwrap()).collect::<Vec<_>>()
}

#[traced]
fn parsed_inside(text: &str) -> Result<impl Display, String> {
    Ok(text.parse().unwrap())
}

#[traced]
async fn parsed_later(text: &str) -> impl Display {
    text.parse().unwrap()
}

#[traced]
async fn collected_later(text: String) -> impl Debug {
    collect(&text)
}

#[traced]
async fn unknown_method_later(text: &str) -> impl Debug {
    text.shout()
}

fn collect<B: FromIterator<char>>(text: &str) -> B {
    text.chars().collect()
}

fn main() {}
