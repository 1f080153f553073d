//! Shapes of functions, compiled with and without `#[traced]` and compared. A new shape is a file in `corpus` and its
//! name below; the package `edition-2021` compiles all of them too.
//!
//! A shape observes itself through a [`Log`]: values, drops after 0, 1 and 2 polls, panics, auto traits, sizes of
//! futures and of stack frames. The observations must be the same without the attribute, with it while nothing records,
//! and with it while spans are recorded. Sizes have budgets. `tests/it/conformance` has the arguments of the attribute.

#![allow(clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "tests")]

mod log;

use floe_telemetry::testing;

use self::log::{Line, Log};

macro_rules! mode {
    ($mode:ident $($traced:ident)::+: $($shape:ident)*) => {
        #[allow(clippy::all, clippy::pedantic, reason = "the shapes are tested")]
        #[path = "corpus"]
        mod $mode {
            pub(crate) use $($traced)::+ as traced;

            $(pub(crate) mod $shape;)*
        }
    };
}

macro_rules! corpus {
    ($($shape:ident)*) => {
        mode!(plain floe_tests_plain::traced: $($shape)*);
        mode!(annotated floe_telemetry::traced: $($shape)*);

        const CORPUS: &[Shape] = &[$(Shape {
            name: stringify!($shape),
            plain: plain::$shape::observe,
            annotated: annotated::$shape::observe,
        },)*];
    };
}

corpus! {
    async_arguments
    auto_traits
    bodies
    boxes
    closures_over_numbers
    declared_by_macro
    drops
    elided_lifetimes
    frames
    functions
    generic_errors
    inferred_from_bounds
    likely_futures
    names
    own_traits
    panics
    receivers
    returned_closures
    sizes
    tail_temporaries
    type_parameters
    types
}

struct Shape {
    name: &'static str,
    plain: fn(&mut Log),
    annotated: fn(&mut Log),
}

/// The number of bytes that a span may add to a future.
const OF_FUTURE: usize = 120;

/// The limits for the stack frames that a span adds to a call, in an unoptimized build.
struct OfFrame {
    /// The number of bytes for a small function.
    bytes: usize,
    /// The number of copies of an argument that is moved.
    copies: usize,
}

/// The limits while nothing records. A span adds about 150 bytes to the frames of a call with a small argument.
const WITHOUT_SPAN: OfFrame = OfFrame { bytes: 256, copies: 4 };

/// The limits in a span. Half of the bytes are due to the standard library's `catch_unwind`.
const IN_SPAN: OfFrame = OfFrame { bytes: 448, copies: 11 };

fn observe(shape: fn(&mut Log)) -> Vec<Line> {
    let mut log = Log::default();
    shape(&mut log);
    log.lines()
}

fn assert_same(
    shape: &Shape,
    (state, of_frame): (&str, &OfFrame),
    annotated: &[Line],
    plain: &[Line],
) {
    let name = shape.name;
    assert!(!plain.is_empty(), "{name} observes nothing");
    assert_eq!(annotated.len(), plain.len(), "{name}, {state}: {annotated:#?}\n{plain:#?}");
    for (annotated, plain) in annotated.iter().zip(plain) {
        let (budget, bytes) = match (annotated, plain) {
            (Line::Future(what, bytes), Line::Future(_, plain)) => {
                println!("{name}, {state}: future of {what}: {bytes} bytes, plain {plain}");
                (plain + OF_FUTURE, *bytes)
            }
            (Line::Frame(what, bytes, moved), Line::Frame(_, plain, _)) => {
                println!("{name}, {state}: frame of {what}: {bytes} bytes, plain {plain}");
                let budget = plain + of_frame.bytes + of_frame.copies * moved;
                (budget, *bytes)
            }
            _ => {
                assert_eq!(annotated, plain, "{name}, {state}");
                continue;
            }
        };

        assert!(bytes <= budget, "{name}, {state}: {annotated:?}, plain {plain:?}");
    }
}

#[test]
fn each_shape_behaves_as_without_the_attribute() {
    for shape in CORPUS {
        let plain = observe(shape.plain);
        let not_recorded = observe(shape.annotated);
        assert_same(shape, ("not recorded", &WITHOUT_SPAN), &not_recorded, &plain);
        let mut annotated = Vec::new();
        let spans = testing::capture(|| annotated = observe(shape.annotated));
        assert_same(shape, ("recorded", &IN_SPAN), &annotated, &plain);
        assert!(!spans.is_empty(), "{} has no span", shape.name);
    }
}
