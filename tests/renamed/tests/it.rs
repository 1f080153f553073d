//! Uses the runtime under another name, which each attribute sets with `crate`.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use telemetry::{FloeAttributes, testing, traced};

fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

#[derive(FloeAttributes)]
#[floe(crate = telemetry, prefix = "order")]
struct Order<'a> {
    id: &'a str,
    #[floe(flatten)]
    size: Size,
}

#[derive(FloeAttributes)]
#[floe(crate = ::telemetry)]
struct Size {
    rows: u64,
    unit: Unit,
}

#[derive(FloeAttributes)]
#[floe(crate = ::telemetry, rename_all = "lowercase")]
enum Unit {
    Rows,
}

#[traced(crate = telemetry, floe_attributes = order, attributes(id))]
fn now(order: &Order<'_>, id: usize) -> Result<usize, String> {
    Ok(order.id.len() + id)
}

#[traced(crate = ::telemetry, attributes(n), error_if = |n| *n > 9, kind = client)]
async fn later(n: u8) -> u8 {
    std::future::ready(n).await
}

struct Store(u8);

#[traced(crate = telemetry, attributes(n))]
impl Store {
    fn load(&self, n: u8) -> u8 {
        n + self.0
    }

    #[traced(kind = server)]
    async fn save(&self, n: u8) -> u8 {
        n + self.0
    }
}

#[async_trait]
trait Loads {
    async fn fetch(&self, n: u8) -> u8;
}

#[async_trait]
impl Loads for Store {
    #[traced(crate = telemetry, attributes(n))]
    async fn fetch(&self, n: u8) -> u8 {
        n
    }
}

#[test]
fn the_runtime_may_have_another_name() {
    let spans = testing::capture(|| {
        let size = Size { rows: 3, unit: Unit::Rows };
        assert_eq!(now(&Order { id: "a", size }, 7), Ok(8));
        assert_eq!(ready(later(1)), Some(1));
        assert_eq!(Store(0).load(5) + ready(Store(0).save(6)).unwrap(), 11);
        assert_eq!(ready(Store(0).fetch(7)), Some(7));
    });
    spans
        .single("now")
        .assert_ok()
        .assert_attribute("order.id", "a")
        .assert_attribute("rows", 3)
        .assert_attribute("unit", "rows")
        .assert_attribute("id", 7);
    for (name, n) in [("later", 1), ("Store::load", 5), ("Store::save", 6), ("fetch", 7)] {
        spans.single(name).assert_ok().assert_attribute("n", n);
    }

    assert_eq!(spans.len(), 5);
}
