//! Traits of the user's: bounds that a future in a span satisfies, and traits with the names of futures.

use std::future::{Future, ready};
use std::pin::Pin;

use self::own::Stream as _;
use super::traced;
use crate::log::Log;

trait MaybeSend: Send {}

impl<T: Send> MaybeSend for T {}

trait Captures<'a> {}

impl<T: ?Sized> Captures<'_> for T {}

#[traced]
fn maybe_send(n: u8) -> impl Future<Output = u8> + MaybeSend {
    ready(n)
}

#[traced]
fn captures<'a>(n: &'a u8) -> impl Future<Output = u8> + Captures<'a> {
    async move { *n }
}

#[traced]
fn sized(n: u8) -> Pin<Box<impl Future<Output = u8> + Sized + MaybeSend>> {
    Box::pin(ready(n))
}

mod own {
    pub(super) trait Stream {
        fn items(&self) -> usize;
    }

    pub(super) trait Future {}

    pub(super) trait IntoFuture {}

    impl Stream for u8 {
        fn items(&self) -> usize {
            usize::from(*self)
        }
    }

    impl Future for u8 {}

    impl IntoFuture for u8 {}
}

#[traced]
fn boxed(n: u8) -> Box<dyn own::Stream> {
    Box::new(n)
}

#[traced]
fn boxed_inside(n: u8) -> Result<Box<dyn own::Stream + Send>, String> {
    Ok(Box::new(n))
}

#[traced]
fn nothing() -> Option<Pin<Box<dyn own::Future>>> {
    None
}

#[traced(error_if = |stream| stream.items() == 0)]
fn opaque(n: u8) -> impl own::Stream {
    n
}

#[traced(error_if = |result| result.is_err())]
fn opaque_inside(n: u8) -> Result<impl own::Stream, String> {
    Ok(n)
}

#[traced]
fn in_tuple(n: u8) -> (u8, [impl own::Stream; 1]) {
    (n, [n])
}

#[traced]
fn into_future(n: u8) -> impl own::IntoFuture {
    n
}

#[traced]
async fn later(n: u8) -> impl own::Stream {
    n
}

#[traced]
async fn boxed_later(n: u8) -> Result<Box<dyn own::Stream + Send>, String> {
    Ok(Box::new(n))
}

#[traced]
async fn into_future_later(n: u8) -> impl own::IntoFuture {
    n
}

pub(crate) fn observe(log: &mut Log) {
    log.future("maybe_send", |_| maybe_send(1));
    log.future("captures", |_| captures(&1));
    log.future("sized", |_| sized(1));
    log.value("boxed", boxed(1).items());
    log.value("boxed_inside", boxed_inside(1).map(|stream| stream.items()));
    log.value("nothing", nothing().is_none());
    log.value("opaque", opaque(0).items());
    log.value("opaque_inside", opaque_inside(1).map(|stream| stream.items()));
    log.value("in_tuple", in_tuple(1).1[0].items());
    log.call("into_future", |_| drop(into_future(1)));
    log.future("later", |_| async { later(1).await.items() });
    log.future("boxed_later", |_| async {
        boxed_later(1).await.map(|stream| stream.items())
    });
    log.future("into_future_later", |_| async { drop(into_future_later(1).await) });
}
