//! What the compiler and clippy say about a function is the same with a span and without.

use floe_telemetry::{testing, traced};
use tokio::task::JoinHandle;

#[traced]
async fn starts() -> JoinHandle<u8> {
    tokio::spawn(async { 3 })
}

#[traced(attributes(n))]
async fn starts_with(n: u8) -> JoinHandle<u8> {
    tokio::spawn(async move { n })
}

#[tokio::test]
async fn an_async_function_may_return_a_future() {
    let spans = testing::capture_async(async {
        assert_eq!(starts().await.await.unwrap(), 3);
        assert_eq!(starts_with(4).await.await.unwrap(), 4);
    })
    .await;
    assert_eq!(spans.len(), 2);
}

#[traced]
#[must_use]
async fn must_be_used() -> u8 {
    1
}

#[traced(attributes(n))]
#[must_use = "it is a number"]
async fn must_be_used_with(n: u8) -> u8 {
    n
}

#[tokio::test]
async fn a_result_that_must_be_used_is_that_of_the_future() {
    #[expect(unused_must_use, reason = "this is what the attribute is for")]
    let run = async {
        must_be_used().await;
        must_be_used_with(2).await;
    };
    assert_eq!(testing::capture_async(run).await.len(), 2);
}
