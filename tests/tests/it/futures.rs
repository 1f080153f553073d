//! The cost of an annotated `async fn` for its callers: the depth of types and of the stack.

use std::future::Future;
use std::mem::size_of_val;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use floe_telemetry::{testing, traced};
use opentelemetry::trace::FutureExt;

#[traced(boxed)]
async fn boxed(big: [u8; 200]) -> u8 {
    tokio::task::yield_now().await;
    big[0]
}

#[test]
fn a_boxed_future_is_a_pointer() {
    assert_eq!(size_of_val(&boxed([0; 200])), size_of::<usize>());
}

/// Defines functions that each await the next one, down to an existing function.
macro_rules! chain {
    ($($first:ident $next:ident)*) => {$(
        #[traced]
        async fn $first(n: u64) -> Result<u64, String> {
            $next(n + 1).await
        }
    )*};
}

#[traced]
async fn last(n: u64) -> Result<u64, String> {
    tokio::task::yield_now().await;
    Ok(n)
}

// This chain has 25 functions, including the last one.
chain! {
    a01 a02 a02 a03 a03 a04 a04 a05 a05 a06 a06 a07 a07 a08 a08 a09 a09 a10 a10 a11 a11 a12 a12 a13
    a13 a14 a14 a15 a15 a16 a16 a17 a17 a18 a18 a19 a19 a20 a20 a21 a21 a22 a22 a23 a23 a24 a24 last
}

// This chain has 30 functions, including the last one. Callees are above their callers.
chain! {
    b29 last b28 b29 b27 b28 b26 b27 b25 b26 b24 b25 b23 b24 b22 b23 b21 b22 b20 b21 b19 b20 b18 b19
    b17 b18 b16 b17 b15 b16 b14 b15 b13 b14 b12 b13 b11 b12 b10 b11 b09 b10 b08 b09 b07 b08 b06 b07
    b05 b06 b04 b05 b03 b04 b02 b03 b01 b02
}

// This chain has 40 functions, including the last one. One of their futures is declared `Send`.
chain! {
    c01 c02 c02 c03 c03 c04 c04 c05 c05 c06 c06 c07 c07 c08 c08 c09 c09 c10 c10 c11 c11 c12 c12 c13
    c13 c14 c14 c15 c15 c16 c16 c17 c17 c18 c18 c19 c19 c20
    c21 c22 c22 c23 c23 c24 c24 c25 c25 c26 c26 c27 c27 c28 c28 c29 c29 c30 c30 c31 c31 c32 c32 c33
    c33 c34 c34 c35 c35 c36 c36 c37 c37 c38 c38 c39 c39 last
}

#[traced]
fn c20(n: u64) -> Pin<Box<dyn Future<Output = Result<u64, String>> + Send>> {
    Box::pin(c21(n + 1))
}

/// Runs a chain on another thread, and checks its first and its last span.
async fn assert_chain(
    chain: impl Future<Output = Result<u64, String>> + Send + 'static,
    links: u64,
    before_last: &str,
) {
    let spans = testing::capture_async(async {
        let task = tokio::spawn(chain.with_context(opentelemetry::Context::current()));
        assert_eq!(task.await.unwrap(), Ok(links));
    })
    .await;
    assert_eq!(spans.len() as u64, links);
    spans.single("last").assert_child_of(before_last);
}

// The documentation of `#[traced]` states how many levels the compiler's recursion limit of 128 allows (rustc 1.95).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_levels_are_spawned_with_the_default_recursion_limit() {
    assert_chain(a01(1), 25, "a24").await;
    assert_chain(b01(1), 30, "b29").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_of_40_needs_one_declared_send() {
    assert_chain(c01(1), 40, "c39").await;
}

#[traced]
async fn down(depth: u32) -> u32 {
    if depth == 0 {
        return 0;
    }

    Box::pin(down(depth - 1)).await + 1
}

#[traced(boxed, attributes(depth))]
async fn down_boxed(depth: u32) -> u32 {
    if depth == 0 { 0 } else { down_boxed(depth - 1).await + 1 }
}

#[test]
fn a_thousand_levels_fit_a_stack_of_two_mebibytes() {
    let run = || {
        let spans = testing::capture(|| {
            let both: [Pin<Box<dyn Future<Output = u32>>>; 2] =
                [Box::pin(down(1000)), Box::pin(down_boxed(1000))];
            for mut future in both {
                assert_eq!(poll(future.as_mut()), Poll::Ready(1000));
            }
        });

        assert_eq!(spans.len(), 2002);
    };

    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

fn poll<T>(future: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::main(flavor = "current_thread")]
#[traced]
async fn main_below() -> u8 {
    1
}

#[traced]
#[tokio::main(flavor = "current_thread")]
async fn main_above() -> u8 {
    1
}

#[test]
fn another_attribute_macro_still_finds_the_async_fn() {
    let spans = testing::capture(|| main_below() + main_above());
    spans.single("main_below").assert_ok();
    spans.single("main_above").assert_ok();
}
