//! The number of attributes of a span.

use floe_telemetry::traced;

use super::{Act, Point, Recorder, SPANS, interleaved};
use crate::work::work;

type Child = fn(i64) -> i64;

macro_rules! children {
    ($($name:ident($($key:ident)*))*) => {$(
        #[traced(name = "child", attributes($($key = n),*))]
        fn $name(n: i64) -> i64 {
            work(n)
        }
    )*};
}

children! {
    none()
    one(a)
    two(a b)
    four(a b c d)
    eight(a b c d e f g h)
    sixteen(a b c d e f g h i j k l m o p q)
    thirty_two(a b c d e f g h i j k l m o p q aa ab ac ad ae af ag ah ai aj ak al am an ao ap)
}

pub(super) fn line(recorder: &Recorder, expected: &mut u64) -> Vec<Point> {
    let functions: [(u64, Child); 7] =
        [(0, none), (1, one), (2, two), (4, four), (8, eight), (16, sixteen), (32, thirty_two)];
    let acts = functions.map(|(at, child)| -> (u64, Act) {
        let act = move || {
            for n in 0..SPANS {
                child(i64::try_from(n).unwrap_or_default());
            }
            SPANS
        };
        (at, Box::new(act))
    });
    let measured = interleaved(recorder, expected, &acts);
    // The cost of one more attribute should be constant. The difference of the first attribute
    // alone is too small to compare with, so the base is the mean of the first four.
    #[expect(clippy::cast_precision_loss, reason = "few attributes")]
    let slope = |from: usize, to: usize| {
        let attributes = (measured[to].0 - measured[from].0) as f64;
        (measured[to].1.low - measured[from].1.low) / attributes
    };
    let first = slope(0, 3);
    let price = |index: usize| match index {
        0 => 0.0,
        1..=3 => first,
        index => slope(index - 1, index),
    };
    let point = |(index, &(at, nanos)): (usize, &(u64, _))| Point {
        line: "attributes",
        at,
        nanos,
        price: price(index),
        above_first: if index < 4 { 0.0 } else { (price(index) / first - 1.0) * 100.0 },
    };
    measured.iter().enumerate().map(point).collect()
}
