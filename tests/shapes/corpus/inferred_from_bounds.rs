//! Types that only the bounds of `impl Trait` in the signature determine.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::ops::Deref;

use super::traced;
use crate::log::Log;

#[traced]
fn collected(text: &str) -> impl IntoIterator<Item = u32> {
    text.split(',').map(|part| part.parse().unwrap()).collect::<Vec<_>>()
}

#[traced]
fn none() -> impl IntoIterator<Item = u32> {
    None
}

#[traced]
fn empty() -> impl AsRef<[u32]> {
    Vec::new()
}

#[traced]
fn boxed() -> impl Deref<Target = u32> {
    Box::new(Default::default())
}

#[traced]
fn nested() -> Option<impl IntoIterator<Item = u32>> {
    Some(None)
}

#[traced]
fn integer() -> impl Debug {
    3
}

#[traced]
fn error_is_text() -> impl Debug {
    Err::<u8, _>("text")
}

#[traced]
fn opaque_error() -> Result<u8, impl Display> {
    Err("text")
}

#[traced]
fn opaque_both(fails: bool) -> Result<impl Debug, impl Display> {
    if fails {
        return Err("text");
    }
    Ok(1)
}

#[traced]
fn opaque_error_boxed() -> Result<impl Debug, Box<dyn Error>> {
    Ok("1".parse::<u8>()?)
}

#[traced]
fn in_pattern((first, _): (String, u8)) -> impl IntoIterator<Item = u32> {
    (!first.is_empty()).then(Default::default)
}

#[traced(attributes(first))]
fn in_pattern_with_attribute((first, _): (String, u8)) -> impl IntoIterator<Item = u32> {
    (!first.is_empty()).then(Default::default)
}

#[traced(error_if = |_| false)]
fn with_error_if() -> impl IntoIterator<Item = u32> {
    None
}

#[traced(call_only)]
fn call_only() -> impl IntoIterator<Item = u32> {
    None
}

#[traced]
fn not_written() -> impl Debug {
    panic!("not written")
}

#[traced]
fn never_returns() -> impl Sized {
    loop {
        panic!("on purpose");
    }
}

struct Table(Vec<u32>);

#[traced]
impl Table {
    fn rows(&self) -> impl IntoIterator<Item = u32> {
        self.0.iter().copied().map(Into::into).collect::<Vec<_>>()
    }

    async fn rows_later(&self) -> impl IntoIterator<Item = u32> {
        self.0.iter().copied().map(Into::into).collect::<Vec<_>>()
    }
}

#[traced]
async fn none_later() -> impl IntoIterator<Item = u32> {
    None
}

#[traced]
async fn error_is_text_later() -> impl Debug {
    Err::<u8, _>("text")
}

#[traced]
async fn opaque_error_later() -> Result<u8, impl Display> {
    Err("text")
}

#[traced]
async fn not_written_later() -> impl Debug {
    panic!("not written")
}

fn listed(items: impl IntoIterator<Item = u32>) -> Vec<u32> {
    items.into_iter().collect()
}

pub(crate) fn observe(log: &mut Log) {
    log.value("collected", listed(collected("1,2")));
    log.value("none", listed(none()));
    log.value("empty", empty().as_ref());
    log.value("boxed", *boxed());
    log.value("nested", nested().map(listed));
    log.value("integer", integer());
    log.value("error_is_text", error_is_text());
    log.value("opaque_error", opaque_error().map_err(|error| error.to_string()));
    for fails in [false, true] {
        let both = opaque_both(fails).map_err(|error| error.to_string());
        log.value("opaque_both", both);
    }
    log.value("opaque_error_boxed", opaque_error_boxed());
    log.value("in_pattern", listed(in_pattern(("a".to_owned(), 1))));
    let attribute = in_pattern_with_attribute((String::new(), 1));
    log.value("in_pattern_with_attribute", listed(attribute));
    log.value("with_error_if", listed(with_error_if()));
    log.value("call_only", listed(call_only()));
    log.call("not_written", |_| not_written());
    log.call("never_returns", |_| drop(never_returns()));
    let table = Table(vec![1, 2]);
    log.value("rows", listed(table.rows()));
    log.future("rows_later", |_| async { listed(table.rows_later().await) });
    log.future("none_later", |_| async { listed(none_later().await) });
    log.future("error_is_text_later", |_| error_is_text_later());
    log.future("opaque_error_later", |_| async {
        opaque_error_later().await.map_err(|error| error.to_string())
    });
    log.future("not_written_later", |_| not_written_later());
}
