//! Errors, results and panics.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::task::Poll;

use anyhow::Context;
use floe_telemetry::{testing, traced};

use super::modes::{Modes, check, check_ok, in_each_mode, ready};

mod custom {
    pub(super) enum Result {
        Err(u8),
    }
}

in_each_mode! {
    lookalikes
    types {}
    shapes {
        [n = 1]
        fn no_result() -> custom::Result {
            custom::Result::Err(3)
        }

        [n = 1]
        fn infallible() -> Result<(), Infallible> {
            Ok(())
        }

        [fails = result.is_err()]
        fn by_reference(result: &Result<u8, String>) -> &Result<u8, String> {
            result
        }

        [n = 1]
        fn nested() -> Result<Option<Result<u8, String>>, String> {
            Ok(Some(Err("inner".to_owned())))
        }

        [n = 1]
        async fn nested_later() -> Result<Option<Result<u8, String>>, String> {
            Ok(Some(Err("inner".to_owned())))
        }

        [n = 1]
        fn text() -> String {
            "Err".to_owned()
        }

        [n = 1]
        fn option() -> Option<u8> {
            None
        }

        [n = 1]
        fn poll() -> Poll<Result<u8, String>> {
            Poll::Ready(Err("in a poll".to_owned()))
        }

        [n = 1]
        fn flow() -> ControlFlow<u8> {
            ControlFlow::Break(1)
        }

        [n = 1]
        async fn flow_later() -> ControlFlow<u8> {
            ControlFlow::Break(1)
        }
    }
    run {
        let custom::Result::Err(n) = no_result();
        assert_eq!(n, 3);
        infallible().unwrap();
        assert!(by_reference(&Err(String::new())).is_err());
        assert!(nested().is_ok() && ready(nested_later()).is_ok());
        assert!(option().is_none() && poll().is_ready() && flow().is_break());
        assert!(ready(flow_later()).is_break() && text() == "Err");
    }
}

#[test]
fn values_that_only_look_like_results() {
    let names = [
        "no_result",
        "infallible",
        "by_reference",
        "nested",
        "nested_later",
        "text",
        "option",
        "poll",
        "flow",
        "flow_later",
    ];
    check_ok(lookalikes::MODES, &names);
}

type Alias<T> = Result<T, String>;
type Whole = Result<(), &'static str>;

in_each_mode! {
    aliases
    types {}
    shapes {
        [n]
        fn alias(n: u8) -> Alias<u8> {
            Err(format!("alias {n}"))
        }

        [n]
        async fn alias_later(n: u8) -> Alias<u8> {
            Err(format!("alias later {n}"))
        }

        [n = 1]
        fn whole() -> Whole {
            Err("whole")
        }

        [n = 1]
        fn io_result() -> io::Result<()> {
            Err(io::Error::other("io"))
        }

        [n = 1]
        async fn anyhow_later() -> anyhow::Result<()> {
            Err(anyhow::anyhow!("first")).context("second")
        }

        [n = 1]
        fn boxed() -> Result<(), Box<dyn Error + Send + Sync>> {
            Err("boxed".into())
        }
    }
    run {
        assert!(alias(1).is_err() && ready(alias_later(2)).is_err());
        assert!(whole().is_err() && io_result().is_err());
        assert!(ready(anyhow_later()).is_err() && boxed().is_err());
    }
}

#[test]
fn aliases_of_result_are_seen_through() {
    let expected = [
        ("alias", "alias 1"),
        ("alias_later", "alias later 2"),
        ("whole", "whole"),
        ("io_result", "io"),
        ("anyhow_later", "second: first"),
        ("boxed", "boxed"),
    ];
    check(aliases::MODES, &expected);
}

#[traced(error_if = ControlFlow::is_break)]
fn refused() -> ControlFlow<u8> {
    ControlFlow::Break(1)
}

#[test]
fn a_break_is_an_error_only_with_error_if() {
    let spans = testing::capture(|| assert!(refused().is_break()));
    spans.single("refused").assert_error("refused by `error_if`");
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
