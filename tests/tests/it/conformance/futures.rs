//! Futures: sizes, auto traits, cancellation, tasks and streams.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use floe_telemetry::{testing, traced};
use opentelemetry::Context;
use opentelemetry::trace::FutureExt;

use super::modes::{Modes, check_ok, in_each_mode, ready};

in_each_mode! {
    returned
    types {}
    shapes {
        [n]
        fn opaque(n: u8) -> impl Future<Output = Result<u8, String>> {
            let doubled = n * 2;
            async move {
                tokio::task::yield_now().await;
                Ok(doubled + n)
            }
        }

        [n = *n]
        fn boxed<'a>(n: &'a u8) -> Pin<Box<dyn Future<Output = u8> + Send + 'a>> {
            let doubled = n * 2;
            Box::pin(async move {
                tokio::task::yield_now().await;
                doubled + *n
            })
        }

        [n]
        fn no_move(n: u8) -> impl Future<Output = u8> {
            std::future::ready(n)
        }
    }
    run {
        assert_eq!(ready(opaque(1)), Ok(3));
        assert_eq!(ready(boxed(&1)), 3);
        assert_eq!(ready(no_move(1)), 1);
    }
}

#[test]
fn code_before_a_returned_future_runs_in_its_span() {
    check_ok(returned::MODES, &["opaque", "boxed", "no_move"]);
}

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

in_each_mode! {
    recursion
    types {}
    shapes {
        [depth]
        async fn down(depth: u8) -> u8 {
            if depth == 0 {
                return 0;
            }
            Box::pin(down(depth - 1)).await + 1
        }
    }
    run {
        assert_eq!(ready(down(2)), 2);
    }
}

#[test]
fn an_async_function_may_call_itself() {
    check_ok(recursion::MODES, &["down"; 3]);
}

#[traced]
async fn task() {
    tokio::task::yield_now().await;
}

#[traced]
async fn spawner() {
    tokio::spawn(task().with_context(Context::current())).await.unwrap();
}

#[tokio::test]
async fn a_spawned_task_has_the_context_it_is_given() {
    let spans = testing::capture_async(spawner()).await;
    spans.single("task").assert_child_of("spawner");
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
