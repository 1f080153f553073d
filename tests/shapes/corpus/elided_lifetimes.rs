//! An elided lifetime in the `impl Trait` of an argument, which only an `async fn` may have.

use std::fmt::Debug;

use super::traced;
use crate::log::{Log, Noisy, pause};

#[traced]
async fn items(items: impl Iterator<Item = &str>) -> usize {
    items.map(str::len).sum()
}

#[traced(attributes(limit))]
async fn underscore(text: impl AsRef<str> + '_, limit: usize) -> usize {
    pause().await;
    text.as_ref().len().min(limit)
}

#[traced]
async fn several(_first: Noisy, texts: impl IntoIterator<Item = &str>, last: Noisy) -> usize {
    pause().await;
    texts.into_iter().count() + last.len()
}

#[traced]
async fn in_group((first, _): (impl Debug + '_, u8), second: [impl Into<Option<&str>>; 1]) -> String {
    pause().await;
    let [second] = second;
    format!("{first:?}{:?}", second.into())
}

#[traced]
async fn of_closure(size: impl Fn(&str) -> usize, trim: impl Fn(&str) -> &str) -> usize {
    size(trim(" a "))
}

struct Table(&'static str);

#[traced]
impl Table {
    async fn mentions(&self, names: impl Iterator<Item = &str>) -> bool {
        pause().await;
        names.into_iter().any(|name| name == self.0)
    }
}

pub(crate) fn observe(log: &mut Log) {
    log.future("items", |_| items(["a", "bc"].into_iter()));
    log.future("underscore", |_| underscore(&"abc", 2));
    log.future("several", |log| several(log.noisy("first"), ["a"], log.noisy("last")));
    log.future("in_group", |_| in_group((&1, 2), ["a"]));
    log.future("of_closure", |_| of_closure(str::len, str::trim));
    let table = Table("a");
    log.future("mentions", |_| table.mentions(["a"].into_iter()));
}
