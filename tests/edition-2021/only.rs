//! Behaviour that only this edition has.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use floe_telemetry::{testing, traced};

struct Table<'a> {
    name: &'a str,
}

impl<'a> Table<'a> {
    /// The future borrows all three arguments. In this edition, a plain `impl Future` would not capture their
    /// lifetimes.
    #[traced(attributes(self.name, key))]
    async fn load<'b>(&self, key: &'b str, more: &mut Vec<&'b str>) -> (&'a str, usize) {
        more.push(key);
        std::future::ready(()).await;
        (self.name, more.len())
    }
}

#[test]
fn an_async_function_captures_all_lifetimes() {
    let spans = testing::capture(|| {
        let table = Table { name: "orders" };
        let mut more = Vec::new();
        let future = table.load("key", &mut more);
        let polled = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(("orders", 1)));
    });
    spans.single("load").assert_attribute("name", "orders").assert_attribute("key", "key");
}
