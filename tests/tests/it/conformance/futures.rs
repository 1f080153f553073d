//! Futures: auto traits, panics and cancellation.

use std::cell::Cell;
use std::future::Future;
use std::panic::catch_unwind;
use std::rc::Rc;

use floe_telemetry::{testing, traced};

use super::modes::{Modes, check_ok, in_each_mode, ready};

fn send<T: Send>(value: T) -> T {
    value
}

in_each_mode! {
    sending
    types {
        struct NotSync(Cell<u8>);
    }
    shapes {
        [text]
        async fn borrows(text: &str, run: &mut (dyn FnMut() + Send)) -> usize {
            run();
            tokio::task::yield_now().await;
            run();
            text.len()
        }

        [n = 1]
        async fn calls<F, Fut>(call: F) -> u8
        where
            F: Fn() -> Fut,
            Fut: Future<Output = u8>,
        {
            tokio::task::yield_now().await;
            call().await
        }

        [n = cell.get()]
        async fn not_sync(cell: Cell<u8>) -> u8 {
            tokio::task::yield_now().await;
            cell.get()
        }

        [n = self.0.get()]
        impl NotSync {
            async fn add(&mut self) -> u8 {
                tokio::task::yield_now().await;
                self.0.set(self.0.get() + 1);
                self.0.get()
            }
        }

        [n = *shared]
        async fn local(shared: Rc<u8>) -> u8 {
            tokio::task::yield_now().await;
            *shared
        }
    }
    run {
        assert_eq!(ready(send(borrows("ab", &mut || ()))), 2);
        assert_eq!(ready(send(calls(|| async { 3 }))), 3);
        assert_eq!(ready(send(not_sync(Cell::new(4)))), 4);
        assert_eq!(ready(send(NotSync(Cell::new(4)).add())), 5);
        assert_eq!(ready(local(Rc::new(6))), 6);
    }
}

#[test]
fn futures_are_send_when_they_were() {
    let names = ["borrows", "calls", "not_sync", "NotSync::add", "local"];
    check_ok(sending::MODES, &names);
}

#[traced]
fn panics_first(really: bool) -> impl Future<Output = ()> {
    assert!(!really, "at once");
    std::future::ready(())
}

#[test]
fn a_function_that_panics_before_it_has_a_future_ends_its_span() {
    let spans = testing::capture(|| {
        assert!(catch_unwind(|| drop(panics_first(true))).is_err());
    });
    spans.single("panics_first").assert_error("at once");
}

#[traced]
async fn tick(ready: bool) {
    if !ready {
        std::future::pending::<()>().await;
    }
}

#[tokio::test]
async fn a_loop_of_selects_leaks_no_span() {
    // The maximum number of finished spans that a thread keeps for the collector.
    const AT_ONCE: usize = 500;
    for _ in 0..20 {
        let spans = testing::capture_async(async {
            for _ in 0..AT_ONCE {
                tokio::select! {
                    biased;
                    () = tick(false) => unreachable!(),
                    () = tick(true) => {}
                }
            }
        })
        .await;
        assert_eq!(spans.len(), 2 * AT_ONCE);
        let cancelled =
            spans.named("tick").filter(|span| span.attribute("floe.cancelled").is_some());
        assert_eq!(cancelled.count(), AT_ONCE);
    }
}
