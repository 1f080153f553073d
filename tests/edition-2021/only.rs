//! Behaviour that only this edition has.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use floe_telemetry::{testing, traced};

struct Table<'a> {
    name: &'a str,
}

impl<'a> Table<'a> {
    /// The future borrows from all three arguments, which a plain `impl Future` does not capture in
    /// this edition.
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
        let (table, mut more) = (Table { name: "orders" }, Vec::new());
        let future = table.load("key", &mut more);
        let polled = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(("orders", 1)));
    });
    spans.single("load").assert_attribute("name", "orders").assert_attribute("key", "key");
}

/// A value whose drop is observed after the result in this edition, and before it in later ones.
struct Temporary<'a>(&'a std::cell::Cell<u8>);

impl Temporary<'_> {
    fn get(&self) -> u8 {
        self.0.get()
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[traced]
fn tail(cell: &std::cell::Cell<u8>) -> u8 {
    let _last = Temporary(cell);
    Temporary(cell).get() + { Temporary(cell).get() }
}

#[traced]
async fn tail_later(cell: &std::cell::Cell<u8>) -> u8 {
    let _last = Temporary(cell);
    Temporary(cell).get() + { Temporary(cell).get() }
}

fn tail_plain(cell: &std::cell::Cell<u8>) -> u8 {
    let _last = Temporary(cell);
    Temporary(cell).get() + { Temporary(cell).get() }
}

#[test]
fn temporaries_live_as_long_as_in_the_edition_of_the_user() {
    let run = |tail: &dyn Fn(&std::cell::Cell<u8>) -> u8| {
        let cell = std::cell::Cell::new(0);
        (tail(&cell), cell.get())
    };
    let later = |cell: &std::cell::Cell<u8>| {
        let polled = pin!(tail_later(cell)).poll(&mut Context::from_waker(Waker::noop()));
        match polled {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("not ready"),
        }
    };
    assert_eq!(run(&tail), run(&tail_plain));
    assert_eq!(run(&later), run(&tail_plain));
}
