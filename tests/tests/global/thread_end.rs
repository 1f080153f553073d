//! Annotated functions that run in the destructors of thread-locals.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::cell::RefCell;
use std::thread;

use floe_telemetry::{TelemetryConfig, create_span, get_current_span, record_exception, traced};

use super::pipeline::spans;

struct CallsWhenDropped;

#[traced]
fn in_a_destructor() -> u8 {
    get_current_span().set_attribute("n", 1);
    record_exception(&std::fmt::Error);
    let _span = create_span("by.hand");
    7
}

impl Drop for CallsWhenDropped {
    fn drop(&mut self) {
        assert_eq!(in_a_destructor(), 7);
    }
}

thread_local! {
    static FIRST: RefCell<Option<CallsWhenDropped>> = const { RefCell::new(None) };
    static SECOND: RefCell<Option<CallsWhenDropped>> = const { RefCell::new(None) };
}

#[test]
fn a_destructor_may_call_annotated_functions() {
    floe_tests::alone!();
    // One value is dropped after the thread-locals of the library, one before.
    let thread = || {
        FIRST.with(|cell| *cell.borrow_mut() = Some(CallsWhenDropped));
        in_a_destructor();
        SECOND.with(|cell| *cell.borrow_mut() = Some(CallsWhenDropped));
    };
    let spans = spans(TelemetryConfig::new("ends"), || thread::spawn(thread).join().unwrap());
    let calls = spans.iter().filter(|span| span.name == "in_a_destructor").count();
    assert!((1..=3).contains(&calls), "{calls}");
}
