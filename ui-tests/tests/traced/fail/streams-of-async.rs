#![deny(deprecated)]

use std::pin::Pin;
use std::task::{Context, Poll};

use floe_telemetry::traced;
use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;

#[traced]
async fn rows() -> Result<BoxStream<'static, u8>, String> {
    Err("no table".to_owned())
}

#[traced]
async fn pinned() -> (u8, Option<Pin<Box<dyn Stream<Item = u8> + Send>>>) {
    (1, None)
}

#[traced]
async fn next() -> Option<BoxFuture<'static, u8>> {
    None
}

struct Store;

#[traced]
impl Store {
    async fn keys(&self) -> BoxStream<'static, u8> {
        Box::pin(Empty)
    }

    #[allow(deprecated)]
    async fn values(&self) -> BoxStream<'static, u8> {
        Box::pin(Empty)
    }
}

/// A connection.
struct Empty;

impl Stream for Empty {
    type Item = u8;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
        Poll::Ready(None)
    }
}

#[traced]
async fn connect() -> Result<Empty, String> {
    Ok(Empty)
}

fn main() {}
