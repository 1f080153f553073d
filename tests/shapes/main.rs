//! Shapes of functions, compiled with and without `#[traced]` and compared. A new shape is a file in `corpus` and its
//! name below; the package `edition-2021` compiles all of them too.
//!
//! A shape observes itself through a [`Log`]: values, drops after 0, 1 and 2 polls, panics, auto traits, sizes of
//! futures and of stack frames. The observations must be the same without the attribute, with it while nothing records,
//! and with it while spans are recorded. Sizes have budgets. With `error_if`, or with a span attribute on each function
//! without arguments, the observations must also be the same, and the spans differ only in their status or in the span
//! attribute.

#![allow(clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "tests")]

mod log;

use floe_telemetry::testing::{self, CapturedSpan};

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
    ($($shape:ident)*; $($bare:ident)*) => {
        mode!(plain floe_tests_plain::traced: $($shape)* $($bare)*);
        mode!(annotated floe_telemetry::traced: $($shape)* $($bare)*);
        mode!(refused floe_tests_plain::refused: $($shape)*);
        mode!(with_attribute floe_tests_plain::with_attribute: $($shape)*);

        const CORPUS: &[Shape] = &[$(Shape {
            name: stringify!($shape),
            plain: plain::$shape::observe,
            annotated: annotated::$shape::observe,
            with_arguments: Some([refused::$shape::observe, with_attribute::$shape::observe]),
        },)* $(Shape {
            name: stringify!($bare),
            plain: plain::$bare::observe,
            annotated: annotated::$bare::observe,
            with_arguments: None,
        }),*];
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
    sizes
    tail_temporaries
    type_parameters
    types;
    // These shapes are not compiled with arguments: `error_if` would get the result before the signature determines its
    // type.
    returned_closures
}

struct Shape {
    name: &'static str,
    plain: fn(&mut Log),
    annotated: fn(&mut Log),
    /// The shape with `error_if` on its functions, and the shape with a span attribute on them.
    with_arguments: Option<[fn(&mut Log); 2]>,
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

/// The name, the status and the number of attributes of each span, in order.
type Ends = Vec<(String, String, usize)>;

/// Checks that all observations except sizes are those of the plain shape, and returns the ends of the spans.
fn ends(shape: &Shape, mode: &str, run: fn(&mut Log)) -> Ends {
    let is_same = |line: &Line| matches!(line, Line::Same(..));
    let mut lines = Vec::new();
    let spans = testing::capture(|| lines = observe(run));
    lines.retain(is_same);
    let mut plain = observe(shape.plain);
    plain.retain(is_same);
    assert_eq!(lines, plain, "{}, {mode}", shape.name);
    let end = |span: CapturedSpan<'_>| {
        // The type of an error contains the path of its module.
        let status =
            format!("{:?}", span.status()).replace(&format!("::{mode}::"), "::annotated::");
        (span.name().to_owned(), status, span.data().attributes.len())
    };

    spans.iter().map(end).collect()
}

/// A function that already has arguments for `#[traced]` has the same span in each mode.
#[test]
fn each_shape_has_the_same_spans_with_arguments() {
    for shape in CORPUS {
        let Some([refused, with_attribute]) = shape.with_arguments else {
            continue;
        };

        let name = shape.name;
        let bare = ends(shape, "annotated", shape.annotated);
        let refused = ends(shape, "refused", refused);
        let with_attribute = ends(shape, "with_attribute", with_attribute);
        assert_eq!([refused.len(), with_attribute.len()], [bare.len(); 2], "{name}");
        assert_ne!(with_attribute, bare, "{name}");
        for (at, (span, end, attributes)) in bare.iter().enumerate() {
            let (same, refused, _) = &refused[at];
            assert_eq!(same, span, "{name}");
            let is_refused = end == "Ok" && refused.starts_with("Error");
            assert!(refused == end || is_refused, "{name}, {span}: {refused}, not {end}");
            let (same, same_end, more) = &with_attribute[at];
            assert_eq!((same, same_end), (span, end), "{name}");
            assert!([0, 1].contains(&(more - attributes)), "{name}: {span}");
        }
    }
}
