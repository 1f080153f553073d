//! Futures and streams whose output is a type parameter that is not `'static`.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::traced;
use crate::log::Log;

#[traced]
fn opaque<T, F: Future<Output = T> + 'static>(future: F) -> impl Future<Output = T> + 'static {
    future
}

#[traced(error_if = |_| true)]
fn pinned_opaque<T, F: Future<Output = T> + 'static>(
    future: F,
) -> Pin<Box<impl Future<Output = T> + 'static>> {
    Box::pin(future)
}

struct Once<T>(Option<T>);

impl<T: Unpin> Stream for Once<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        Poll::Ready(self.0.take())
    }
}

#[traced]
fn opaque_items<T, S: Stream<Item = T> + 'static>(items: S) -> impl Stream<Item = T> + 'static {
    items
}

async fn last<T>(mut stream: impl Stream<Item = T> + Unpin) -> Option<T> {
    let mut last = None;
    while let Some(item) = poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await {
        last = Some(item);
    }
    last
}

pub(crate) fn observe(log: &mut Log) {
    log.future("opaque", |_| opaque(async { 1 }));
    log.future("pinned_opaque", |_| pinned_opaque(async { 1 }));
    log.future("opaque_items", |_| {
        last(Box::pin(opaque_items(Once(Some(1)))))
    });
}
