//! Traits of the user that a future in a span implements.

use std::future::{Future, ready};

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

pub(crate) fn observe(log: &mut Log) {
    log.future("maybe_send", |_| maybe_send(1));
    log.future("captures", |_| captures(&1));
}
