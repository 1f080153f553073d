//! Errors and results, scenarios 55 to 65.
//!
//! 55, 57, 58 `outcome::the_error_may_be_of_any_type`; 56, 59, 60
//! `values_that_only_look_like_results`; 61 `outcome::a_status_that_the_body_set_stays`; 62
//! `relations::error_if_decides_which_outcomes_are_errors`; 63
//! `outcome::an_error_is_recorded_with_its_chain_and_without_its_secrets`; 64
//! `outcome::a_panic_is_recorded_and_goes_on` and
//! `outcome::a_panic_in_a_future_is_recorded_and_goes_on`; 65
//! `outcome::a_panicking_display_does_not_change_the_result`,
//! `traced::a_failing_attributes_fn_leaves_a_warning_and_the_function_runs` and
//! `a_panicking_debug_does_not_change_the_result`.

use std::convert::Infallible;
use std::fmt;
use std::ops::ControlFlow;
use std::task::Poll;

use floe_telemetry::{testing, traced};

mod custom {
    pub(super) enum Result {
        Err(u8),
    }
}

#[traced]
fn no_result() -> custom::Result {
    custom::Result::Err(3)
}

#[traced]
fn infallible() -> Result<(), Infallible> {
    Ok(())
}

#[traced]
fn by_reference(result: &Result<u8, String>) -> &Result<u8, String> {
    result
}

#[traced]
fn nested() -> Result<Option<Result<u8, String>>, String> {
    Ok(Some(Err("inner".to_owned())))
}

#[traced]
fn option() -> Option<u8> {
    None
}

#[traced]
fn poll() -> Poll<Result<u8, String>> {
    Poll::Ready(Err("in a poll".to_owned()))
}

#[traced]
fn flow() -> ControlFlow<u8> {
    ControlFlow::Break(1)
}

#[traced(error_if = ControlFlow::is_break)]
fn refused() -> ControlFlow<u8> {
    ControlFlow::Break(1)
}

#[test]
fn values_that_only_look_like_results() {
    let spans = testing::capture(|| {
        let custom::Result::Err(n) = no_result();
        assert_eq!(n, 3);
        infallible().unwrap();
        assert!(by_reference(&Err(String::new())).is_err());
        assert!(nested().is_ok());
        assert!(
            option().is_none() && poll().is_ready() && flow().is_break() && refused().is_break()
        );
    });
    for name in [
        "no_result",
        "infallible",
        "by_reference",
        "nested",
        "option",
        "poll",
        "flow",
    ] {
        spans.single(name).assert_ok();
    }
    spans
        .single("refused")
        .assert_error("refused by `error_if`");
}

struct Panicking;

impl fmt::Debug for Panicking {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("in Debug")
    }
}

#[traced(attributes(?value))]
fn records(value: Panicking) -> u8 {
    let _ = value;
    1
}

#[test]
fn a_panicking_debug_does_not_change_the_result() {
    let spans = testing::capture(|| assert_eq!(records(Panicking), 1));
    spans
        .single("records")
        .assert_ok()
        .assert_attribute("floe.warning", "attributes panicked: in Debug");
}
