//! A return type that a macro makes, which may be `impl Trait`.

use super::traced;
use crate::log::Log;

macro_rules! iter {
    ($item:ty) => { impl Iterator<Item = $item> };
}

macro_rules! list {
    ($item:ty) => { Vec<$item> };
}

macro_rules! outcome {
    ($ok:ty) => { Result<$ok, String> };
}

macro_rules! exits {
    ($($name:ident)* -> $ty:ty $body:block) => { $(#[traced] fn $name() -> $ty $body)* };
}

exits!(now -> ! { std::process::abort() });

#[traced]
fn opaque() -> iter!(u8) {
    0..3
}

#[traced]
fn inferred() -> list!(u8) {
    Default::default()
}

#[traced]
fn fails(n: u8) -> outcome!(u8) {
    if n == 0 { Err("zero".into()) } else { Ok(n) }
}

#[traced]
fn opaque_inside(n: u8) -> outcome!(iter!(u8)) {
    (n > 0).then_some(0..n).ok_or_else(|| "zero".into())
}

#[traced]
async fn opaque_later() -> iter!(u8) {
    0..3
}

#[traced]
async fn inferred_later() -> list!(u8) {
    Default::default()
}

#[traced]
async fn fails_later(n: u8) -> outcome!(u8) {
    if n == 0 { Err("zero".into()) } else { Ok(n) }
}

pub(crate) fn observe(log: &mut Log) {
    let _: fn() -> ! = now;
    log.value("opaque", opaque().collect::<Vec<_>>());
    log.value("inferred", inferred());
    log.value("fails", [fails(0), fails(1)]);
    let inside = [0, 2].map(|n| opaque_inside(n).map(|items| items.count()));
    log.value("opaque_inside", inside);
    log.future("opaque_later", |_| async { opaque_later().await.count() });
    log.future("inferred_later", |_| inferred_later());
    log.future("fails_later", |_| fails_later(0));
}
