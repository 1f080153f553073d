//! Futures with a kilobyte in an argument, which must be stored no more often than without a span.

use super::traced;
use crate::log::{Log, pause};

type Big = [u8; 1024];

struct Bytes(Big);

#[traced]
async fn moved(big: Bytes) -> u8 {
    pause().await;
    big.0[0]
}

#[traced(attributes(first = big.0[0]))]
async fn with_attribute(big: Bytes) -> u8 {
    pause().await;
    big.0[0]
}

#[traced]
async fn caller(big: Bytes) -> u8 {
    moved(big).await
}

#[traced]
#[must_use]
async fn must_use(big: Bytes, other: Bytes) -> u8 {
    pause().await;
    big.0[0] + other.0[0]
}

#[traced]
async fn opaque(big: Bytes) -> impl Into<u16> {
    pause().await;
    big.0[0]
}

#[traced]
async fn generic(big: impl AsRef<Bytes>) -> u8 {
    pause().await;
    big.as_ref().0[0]
}

#[traced]
async fn elided(big: impl Into<(Bytes, &u8)>) -> u8 {
    pause().await;
    big.into().0.0[0]
}

impl AsRef<Bytes> for Bytes {
    fn as_ref(&self) -> &Self {
        self
    }
}

pub(crate) fn observe(log: &mut Log) {
    log.future("moved", |_| moved(Bytes([1; 1024])));
    log.future("with_attribute", |_| with_attribute(Bytes([1; 1024])));
    log.future("caller", |_| caller(Bytes([1; 1024])));
    log.future("must_use", |_| must_use(Bytes([1; 1024]), Bytes([1; 1024])));
    log.future("opaque", |_| async { opaque(Bytes([1; 1024])).await.into() });
    log.future("generic", |_| generic(Bytes([1; 1024])));
    log.future("elided", |_| elided((Bytes([1; 1024]), &1)));
}
