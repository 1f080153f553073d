//! Functions that clippy does not complain about. It lints this file, so it must not with `#[traced]` either.

use std::fmt::Debug;

use floe_telemetry::{testing, traced};

#[traced]
fn returned(text: &String) -> &str {
    text
}

#[traced]
fn returned_early(items: &mut Vec<u8>) -> &mut [u8] {
    if items.is_empty() {
        return items;
    }
    &mut items[1..]
}

#[traced]
fn unit() -> () {
    panic!("not written")
}

#[traced]
fn not_written() -> impl Debug {
    panic!("not written")
}

#[test]
fn they_are_traced() {
    let spans = testing::capture(|| {
        assert_eq!(returned(&"a".to_owned()), "a");
        assert_eq!(returned_early(&mut vec![1, 2]), [2]);
        let _ = std::panic::catch_unwind(unit);
        let _ = std::panic::catch_unwind(|| drop(not_written()));
    });
    let names = ["returned", "returned_early", "unit", "not_written"];
    assert_eq!(spans.names(), names);
}
