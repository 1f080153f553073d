//! Futures: panics and cancellation.

use std::future::Future;
use std::panic::catch_unwind;

use floe_telemetry::{testing, traced};

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
    // More finished spans than a thread's buffer holds.
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
