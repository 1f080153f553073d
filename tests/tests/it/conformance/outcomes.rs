//! Values that only look like results.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::task::Poll;

use floe_telemetry::traced;

use super::modes::{Modes, check_ok, in_each_mode, ready};

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
