//! Types: lending, higher-ranked and coerced ones, and native traits.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;

use super::traced;
use crate::log::{Log, auto_traits, pause};

trait Lend {
    type Item<'a>
    where
        Self: 'a;

    const SIZE: usize;

    fn lend(&mut self) -> Option<Self::Item<'_>>;
}

struct Windows(Vec<u8>);

#[traced]
impl Lend for Windows {
    type Item<'a> = &'a mut [u8];

    const SIZE: usize = 1;

    fn lend<'a>(&'a mut self) -> Option<Self::Item<'a>> {
        self.0.get_mut(..Self::SIZE)
    }
}

#[traced]
fn apply<F>(shorten: F, text: &str) -> String
where
    F: for<'a> Fn(&'a str) -> &'a str,
{
    shorten(text).to_owned()
}

#[traced]
fn takes_opaque(text: impl AsRef<str>) -> usize {
    text.as_ref().len()
}

type Later = Pin<Box<dyn Future<Output = u8>>>;

#[traced]
fn coerced(long: bool) -> Box<dyn Display> {
    if long {
        return Box::new("text");
    }
    Box::new(3)
}

#[traced]
async fn coerced_later(long: bool) -> Result<Later, String> {
    if long {
        return Ok(Box::pin(std::future::ready(3)));
    }
    Ok(Box::pin(async { 4 }))
}

#[traced]
fn collected(text: &str) -> Vec<char> {
    text.chars().collect()
}

#[traced]
async fn converted(text: &str) -> String {
    text.into()
}

trait Store {
    fn size(&self) -> usize;

    fn load(&self, key: &str) -> impl Future<Output = Option<u8>> + Send;

    async fn drop_table(&mut self, _name: String) -> usize {
        0
    }
}

#[traced(attributes(len = self.0.len()))]
impl Store for Windows {
    fn size(&self) -> usize {
        self.0.len()
    }

    async fn load(&self, key: &str) -> Option<u8> {
        pause().await;
        self.0.get(key.len()).copied()
    }

    async fn drop_table(&mut self, name: String) -> usize {
        self.0.clear();
        name.len()
    }
}

pub(crate) fn observe(log: &mut Log) {
    let mut windows = Windows(vec![1, 2]);
    windows.lend().unwrap()[0] += 1;
    log.value("lend", &windows.0);
    log.value("apply", apply(|text| &text[1..], "ab"));
    log.value("takes_opaque", takes_opaque("ab"));
    log.value("coerced", [true, false].map(|long| coerced(long).to_string()));
    log.future("coerced_later", |_| async { coerced_later(false).await.unwrap().await });
    log.value("collected", collected("ab"));
    log.future("converted", |_| converted("ab"));
    log.value("size", windows.size());
    log.auto_traits("load", auto_traits!(windows.load("k")));
    log.auto_traits("drop_table", auto_traits!(windows.drop_table(String::new())));
    log.future("load", |_| windows.load("k"));
    log.future("drop_table", |_| async { Windows(vec![]).drop_table("t".to_owned()).await });
}
