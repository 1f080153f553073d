//! Futures, scenarios 39 to 54.
//!
//! 39, 40 `shapes::a_function_that_returns_a_future_has_a_span_as_long_as_that`; 41 to 44
//! `futures_are_send_when_they_were`; 45 `futures::a_thousand_levels_fit_a_stack_of_two_mebibytes`;
//! 46 `futures::a_span_adds_at_most_120_bytes_at_each_level`; 47
//! `futures::many_levels_are_spawned_with_the_default_recursion_limit`; 48
//! `outcome::a_future_that_was_never_polled_has_no_span`; 49, 50
//! `outcome::a_future_dropped_while_pending_is_marked_and_what_it_held_is_its_child`; 51
//! `interop::futures_that_take_turns_on_one_thread_keep_their_own_children`; 52
//! `a_spawned_task_has_the_context_it_is_given`; 53 `shapes::a_stream_has_a_span_until_it_ends`; 54
//! `a_loop_of_selects_leaks_no_span`, in 10 000 rounds.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

use floe_telemetry::{testing, traced};
use opentelemetry::Context;
use opentelemetry::trace::FutureExt;

fn send<T: Send>(value: T) -> T {
    value
}

#[traced]
async fn borrows(text: &str, run: &mut (dyn FnMut() + Send)) -> usize {
    run();
    tokio::task::yield_now().await;
    run();
    text.len()
}

#[traced(attributes(n = 1))]
async fn calls<F, Fut>(call: F) -> u8
where
    F: Fn() -> Fut,
    Fut: Future<Output = u8>,
{
    tokio::task::yield_now().await;
    call().await
}

#[traced]
async fn not_sync(cell: Cell<u8>) -> u8 {
    tokio::task::yield_now().await;
    cell.get()
}

struct NotSync(Cell<u8>);

impl NotSync {
    #[traced]
    async fn add(&mut self) -> u8 {
        tokio::task::yield_now().await;
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
}

#[traced]
async fn local(shared: Rc<u8>) -> u8 {
    tokio::task::yield_now().await;
    *shared
}

#[tokio::test]
async fn futures_are_send_when_they_were() {
    let spans = testing::capture_async(async {
        assert_eq!(send(borrows("ab", &mut || ())).await, 2);
        assert_eq!(send(calls(|| async { 3 })).await, 3);
        assert_eq!(send(not_sync(Cell::new(4))).await, 4);
        assert_eq!(send(NotSync(Cell::new(4)).add()).await, 5);
        assert_eq!(local(Rc::new(6)).await, 6);
    })
    .await;
    assert_eq!(spans.len(), 5);
}

#[traced]
async fn task() {
    tokio::task::yield_now().await;
}

#[traced]
async fn spawner() {
    tokio::spawn(task().with_context(Context::current()))
        .await
        .unwrap();
    // Without a context it is a trace of its own, which the capture knows nothing of.
    tokio::spawn(task()).await.unwrap();
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
    // A thread keeps so many finished spans for the collector, and no more.
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
        let cancelled = spans
            .named("tick")
            .filter(|span| span.attribute("floe.cancelled").is_some());
        assert_eq!(cancelled.count(), AT_ONCE);
    }
}
