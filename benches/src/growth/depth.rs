//! Nested spans.

use floe_telemetry::traced;

use super::{Act, Point, Recorder, SPANS, flat, interleaved};
use crate::work::work;

#[traced(name = "nested")]
fn nested(deeper: i64) -> i64 {
    if deeper == 0 { 0 } else { work(nested(deeper - 1)) }
}

pub(super) fn line(recorder: &Recorder, expected: &mut u64) -> Vec<Point> {
    let act = |depth: u64| -> (u64, Act) {
        let act = move || {
            let mut spans = 0;
            while spans < SPANS {
                nested(depth.cast_signed() - 1);
                spans += usize::try_from(depth).unwrap_or_default();
            }
            spans
        };
        (depth, Box::new(act))
    };
    let acts = [1, 10, 100, 1000].map(act);
    flat("depth of the spans", interleaved(recorder, expected, &acts))
}
