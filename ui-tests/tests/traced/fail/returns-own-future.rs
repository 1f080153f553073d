use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use floe_telemetry::traced;

struct Own;

impl Future for Own {
    type Output = u8;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u8> {
        Poll::Ready(1)
    }
}

trait Hidden {}

impl Hidden for Own {}

#[traced]
fn hidden() -> impl Hidden {
    Own
}

trait Job: Future<Output = u8> {}

impl Job for Own {}

#[traced]
fn job() -> impl Job {
    Own
}

#[traced]
fn pinned_job() -> Pin<Box<dyn Job>> {
    Box::pin(Own)
}

#[traced]
fn boxed_job() -> Box<dyn Job> {
    Box::new(Own)
}

fn main() {}
