//! A program with annotated code and without a provider. `.ci/check features` looks for the recorder in this program.

use std::collections::HashMap;

use floe_telemetry::{FutureExt as _, in_current_span};
use floe_tests_library::{Order, around, burst, by_hand, fail, load, receive, refuse, wait};

fn main() {
    around("all", || load("orders", 7));
    let _ = (fail(), refuse("no"), std::panic::catch_unwind(burst));
    by_hand();
    receive(&HashMap::new(), &Order { id: 7, region: None });
    in_current_span(|| drop(wait(7).in_current_span()))();
    let mut waiting = Box::pin(wait(8).in_span(floe_telemetry::span("work")));
    let mut task = std::task::Context::from_waker(std::task::Waker::noop());
    while waiting.as_mut().poll(&mut task).is_pending() {}
}
