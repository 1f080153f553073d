//! Closures whose parameter types or result coercions only the signature determines.

use std::error::Error;

use super::traced;
use crate::log::Log;

type Row = (String, u8);

#[traced]
fn of_text() -> impl Fn(&str) -> usize {
    |text| text.len()
}

#[traced]
fn coerced() -> impl Fn(u8) -> Box<dyn Fn(u8) -> u8> {
    move |a: u8| Box::new(move |b| a + b)
}

#[traced]
fn borrows() -> impl Fn(&Row) -> &str {
    |row: &Row| -> &str { &row.0 }
}

#[traced]
fn borrows_inferred() -> impl for<'a> Fn(&'a Row) -> &'a str + Clone {
    |row| &row.0
}

#[traced]
fn question_mark() -> impl Fn(&str) -> Result<u8, Box<dyn Error>> {
    |text| Ok(text.parse()?)
}

#[traced]
fn counts() -> impl FnMut(&str) -> usize {
    let mut sum = 0;
    move |text| {
        sum += text.len();
        sum
    }
}

#[traced]
fn once<T>(value: T) -> impl FnOnce(&mut T) -> T {
    move |place| std::mem::replace(place, value)
}

#[traced]
fn of_item() -> impl Fn(&str) -> &str {
    str::trim
}

#[traced]
fn early(short: bool) -> impl Fn(&str) -> &str {
    if short {
        return str::trim_end as fn(&str) -> &str;
    }
    str::trim
}

#[traced]
fn captures<'a, T: AsRef<str> + Sync>(prefix: &'a T) -> impl Fn(&str) -> String + Send + use<'a, T> {
    move |text| format!("{}{text}", prefix.as_ref())
}

#[traced]
fn in_pattern((prefix, _): (String, u8)) -> impl Fn(&str) -> String {
    move |text| format!("{prefix}{text}")
}

#[traced(attributes(prefix))]
fn in_pattern_with_attribute((prefix, _): (String, u8)) -> impl Fn(&str) -> String {
    move |text| format!("{prefix}{text}")
}

struct Table(&'static str);

impl Table {
    #[traced]
    fn matcher(&self) -> impl Fn(&Self) -> bool + '_ {
        |other| other.0 == self.0
    }
}

#[traced]
async fn later() -> impl Fn(&str) -> usize {
    |text: &str| text.len()
}

pub(crate) fn observe(log: &mut Log) {
    let row = ("row".to_owned(), 1);
    log.value("of_text", of_text()("abc"));
    log.value("coerced", coerced()(1)(2));
    log.value("borrows", borrows()(&row));
    log.value("borrows_inferred", borrows_inferred().clone()(&row));
    log.value("question_mark", question_mark()("x").map_err(|error| error.to_string()));
    let mut counts = counts();
    log.value("counts", [counts("a"), counts("bc")]);
    let mut place = 1;
    log.value("once", (once(2)(&mut place), place));
    log.value("of_item", of_item()(" a "));
    log.value("early", [early(true)(" a "), early(false)(" a ")]);
    log.value("captures", captures(&"a")("b"));
    log.value("in_pattern", in_pattern(("a".to_owned(), 1))("b"));
    let attribute = in_pattern_with_attribute(("a".to_owned(), 1));
    log.value("in_pattern_with_attribute", attribute("b"));
    log.value("matcher", Table("a").matcher()(&Table("b")));
    log.future("later", |_| async { later().await("abc") });
    log.value("size", [size_of_val(&of_text()), size_of_val(&coerced())]);
}
