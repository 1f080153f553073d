//! Each shape of function with each set of arguments and each outcome: name, status, attributes and
//! parents of its spans.

use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as TaskContext, Waker};

use async_trait::async_trait;
use floe_telemetry::{create_span, testing, traced};
use opentelemetry::Context;

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Works,
    Fails,
    Panics,
    /// The future is dropped while it is pending.
    Waits,
}

type Outcome = Result<u8, String>;
type Later = Pin<Box<dyn Future<Output = Outcome> + Send>>;
type BoxFuture = Later;

fn end_now(_: u8, _: Context, end: End) -> Outcome {
    drop(create_span("inside"));
    match end {
        End::Works | End::Waits => Ok(1),
        End::Fails => Err("failed".to_owned()),
        End::Panics => panic!("on purpose"),
    }
}

async fn end_later(n: u8, cx: Context, end: End) -> Outcome {
    tokio::task::yield_now().await;
    let outcome = end_now(n, cx, end);
    if end == End::Waits {
        pending::<()>().await;
    }
    outcome
}

/// Whether the span of a shape lasts for the call or for the future.
#[derive(Clone, Copy, PartialEq)]
enum Lasts {
    Call,
    Future,
}

struct Shape {
    name: &'static str,
    lasts: Lasts,
    call: fn(u8, Context, End) -> Later,
}

macro_rules! row {
    ($name:literal: $lasts:ident, |$n:ident, $cx:ident, $end:ident| $call:expr) => {
        Shape {
            name: $name,
            lasts: Lasts::$lasts,
            call: |$n, $cx, $end| Box::pin(async move { $call.await }),
        }
    };
}

macro_rules! shapes {
    ($module:ident($n:ident, $cx:ident): $($traced:tt)*) => {
        #[allow(clippy::unused_self, clippy::trait_duplication_in_bounds, reason = "shapes")]
        mod $module {
            use super::*;

            struct Here;

            #[$($traced)*]
            fn function($n: u8, $cx: Context, end: End) -> Outcome {
                end_now($n, $cx, end)
            }

            #[$($traced)*]
            async fn async_function($n: u8, $cx: Context, end: End) -> Outcome {
                end_later($n, $cx, end).await
            }

            #[$($traced)*]
            fn opaque_future($n: u8, $cx: Context, end: End) -> impl Future<Output = Outcome> + Send {
                end_later($n, $cx, end)
            }

            #[$($traced)*]
            fn boxed_future(
                $n: u8,
                $cx: Context,
                end: End,
            ) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
                Box::pin(end_later($n, $cx, end))
            }

            #[$($traced)*]
            fn named_future($n: u8, $cx: Context, end: End) -> BoxFuture {
                Box::pin(end_later($n, $cx, end))
            }

            impl Here {
                #[$($traced)*]
                fn method(&self, $n: u8, $cx: Context, end: End) -> Outcome {
                    end_now($n, $cx, end)
                }

                #[$($traced)*]
                async fn async_method(&self, $n: u8, $cx: Context, end: End) -> Outcome {
                    end_later($n, $cx, end).await
                }
            }

            trait Native {
                #[$($traced)*]
                fn default_method(&self, $n: u8, $cx: Context, end: End) -> Outcome {
                    end_now($n, $cx, end)
                }

                async fn native_async(&self, $n: u8, $cx: Context, end: End) -> Outcome;

                #[$($traced)*]
                async fn native_async_default(&self, $n: u8, $cx: Context, end: End) -> Outcome {
                    end_later($n, $cx, end).await
                }
            }

            impl Native for Here {
                #[$($traced)*]
                async fn native_async(&self, $n: u8, $cx: Context, end: End) -> Outcome {
                    end_later($n, $cx, end).await
                }
            }

            #[async_trait]
            trait Boxed {
                async fn load(&self, $n: u8, $cx: Context, end: End) -> Outcome;
            }

            struct Above;
            struct Below;

            #[async_trait]
            impl Boxed for Here {
                #[$($traced)*]
                async fn load(&self, $n: u8, $cx: Context, end: End) -> Outcome {
                    end_later($n, $cx, end).await
                }
            }

            #[$($traced)*]
            #[async_trait]
            impl Boxed for Above {
                async fn load(&self, $n: u8, $cx: Context, end: End) -> Outcome {
                    end_later($n, $cx, end).await
                }
            }

            #[async_trait]
            #[$($traced)*]
            impl Boxed for Below {
                async fn load(&self, $n: u8, $cx: Context, end: End) -> Outcome {
                    end_later($n, $cx, end).await
                }
            }

            struct Block;

            #[$($traced)*]
            impl Block {
                fn now(&self, $n: u8, $cx: Context, end: End) -> Outcome {
                    end_now($n, $cx, end)
                }

                async fn later(&self, $n: u8, $cx: Context, end: End) -> Outcome {
                    end_later($n, $cx, end).await
                }
            }

            pub(super) const ALL: &[Shape] = &[
                row!("function": Call, |n, cx, end| async { function(n, cx, end) }),
                row!("method": Call, |n, cx, end| async { Here.method(n, cx, end) }),
                row!("default_method": Call, |n, cx, end| async { Here.default_method(n, cx, end) }),
                row!("Block::now": Call, |n, cx, end| async { Block.now(n, cx, end) }),
                row!("async_function": Future, |n, cx, end| async_function(n, cx, end)),
                row!("async_method": Future, |n, cx, end| Here.async_method(n, cx, end)),
                row!("native_async": Future, |n, cx, end| Here.native_async(n, cx, end)),
                row!("native_async_default": Future, |n, cx, end| {
                    Here.native_async_default(n, cx, end)
                }),
                row!("load": Future, |n, cx, end| Here.load(n, cx, end)),
                row!("Above::load": Future, |n, cx, end| Above.load(n, cx, end)),
                row!("Below::load": Future, |n, cx, end| Below.load(n, cx, end)),
                row!("Block::later": Future, |n, cx, end| Block.later(n, cx, end)),
                row!("opaque_future": Future, |n, cx, end| opaque_future(n, cx, end)),
                row!("boxed_future": Future, |n, cx, end| boxed_future(n, cx, end)),
                row!("named_future": Future, |n, cx, end| named_future(n, cx, end)),
            ];
        }
    };
}

shapes!(plain(n, cx): traced);
shapes!(with_error_if(n, cx): traced(error_if = |_| true));
shapes!(with_attributes(n, cx): traced(attributes(n, "db.system.name" = "sqlite")));
shapes!(with_parent(n, cx): traced(kind = client, attributes(n), parent = cx));

/// Polls the function's future, and drops it if it stays pending.
fn run(shape: &Shape, cx: Context, end: End) {
    let mut future = (shape.call)(7, cx, end);
    let mut task = TaskContext::from_waker(Waker::noop());
    let polled = catch_unwind(AssertUnwindSafe(|| {
        (0..3).any(|_| future.as_mut().poll(&mut task).is_ready())
    }));

    let as_expected = match end {
        End::Works | End::Fails => matches!(polled, Ok(true)),
        End::Panics => polled.is_err(),
        End::Waits => matches!(polled, Ok(false)),
    };

    assert!(as_expected, "{} {end:?}: {polled:?}", shape.name);
}

/// The effects of one set of macro arguments.
#[derive(Clone, Copy, Default)]
struct Set {
    has_attributes: bool,
    has_parent: bool,
    refuses: bool,
}

fn check(shape: &Shape, end: End, set: Set) {
    let name = shape.name;
    let spans = testing::capture(|| {
        let given = create_span("given");
        let cx = Context::current();
        drop(given);
        let _outer = create_span("outer");
        run(shape, cx, end);
    });

    assert_eq!(spans.len(), 4, "{name} {end:?} {spans:?}");
    spans.single("inside").assert_child_of(name);
    let span = spans.single(name).assert_child_of(if set.has_parent { "given" } else { "outer" });
    match end {
        End::Works if set.refuses => span.assert_error("refused by `error_if`"),
        End::Works => span.assert_ok(),
        End::Fails => span.assert_error("failed"),
        End::Panics => span.assert_error("on purpose"),
        End::Waits => span.assert_unset().assert_attribute("floe.cancelled", true),
    };

    if end != End::Waits {
        span.assert_no_attribute("floe.cancelled");
    }

    if set.has_attributes {
        span.assert_attribute("n", 7);
    } else {
        span.assert_no_attribute("n");
    }
}

#[test]
fn each_shape_ends_each_way_with_each_set_of_arguments() {
    let none = Set::default();
    let with_attributes = Set { has_attributes: true, ..none };
    let sets = [
        (plain::ALL, none),
        (with_error_if::ALL, Set { refuses: true, ..none }),
        (with_attributes::ALL, with_attributes),
        (with_parent::ALL, Set { has_parent: true, ..with_attributes }),
    ];
    let mut checked = 0;
    for (shapes, set) in sets {
        for shape in shapes {
            for end in [End::Works, End::Fails, End::Panics, End::Waits] {
                // A synchronous call cannot be dropped while it waits.
                if end != End::Waits || shape.lasts != Lasts::Call {
                    check(shape, end, set);
                    checked += 1;
                }
            }
        }
    }

    assert_eq!(checked, 4 * (4 * 3 + 11 * 4));
}
