//! Types: lifetimes, `impl Trait`, inference.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;

use floe_telemetry::traced;

use super::modes::{Modes, OK, check, check_ok, in_each_mode, ready};

trait Lend {
    type Item<'a>
    where
        Self: 'a;

    fn lend(&mut self) -> Option<Self::Item<'_>>;
}

in_each_mode! {
    lending
    types {
        struct Windows(Vec<u8>);
    }
    shapes {
        [len = self.0.len()]
        impl Lend for Windows {
            type Item<'a> = &'a mut [u8];

            fn lend<'a>(&'a mut self) -> Option<Self::Item<'a>> {
                self.0.get_mut(..1)
            }
        }

        [text]
        fn apply<F>(shorten: F, text: &str) -> String
        where
            F: for<'a> Fn(&'a str) -> &'a str,
        {
            shorten(text).to_owned()
        }
    }
    run {
        Windows(vec![1]).lend().unwrap()[0] += 1;
        assert_eq!(apply(|text| &text[1..], "ab"), "b");
    }
}

#[test]
fn higher_ranked_and_lending() {
    check_ok(lending::MODES, &["apply", "Windows::lend"]);
}

in_each_mode! {
    opaque
    types {}
    shapes {
        [len = text.as_ref().len()]
        fn takes_opaque(text: impl AsRef<str>) -> usize {
            text.as_ref().len()
        }

        [len = text.as_ref().len()]
        async fn takes_opaque_later(text: impl AsRef<str>) -> usize {
            text.as_ref().len()
        }

        [n]
        fn numbers(n: u8) -> impl Iterator<Item = u8> {
            0..n
        }

        [fails]
        fn numbers_result(fails: bool) -> Result<impl Iterator<Item = u8>, String> {
            if fails {
                return Err("failed".to_owned());
            }
            Ok(0..3)
        }

        [n]
        async fn closure(n: u8) -> impl Fn() -> u8 {
            std::future::ready(()).await;
            move || n
        }
    }
    run {
        assert_eq!(takes_opaque("ab") + ready(takes_opaque_later("ab")), 4);
        assert_eq!(numbers(2).count(), 2);
        assert_eq!(numbers_result(false).unwrap().count(), 3);
        assert!(numbers_result(true).is_err());
        assert_eq!(ready(closure(4))(), 4);
    }
}

#[test]
fn impl_trait_anywhere() {
    let expected = [
        ("takes_opaque", OK),
        ("takes_opaque_later", OK),
        ("numbers", OK),
        ("numbers_result", OK),
        ("numbers_result", "failed"),
        ("closure", OK),
    ];
    check(opaque::MODES, &expected);
}

type Later = Pin<Box<dyn Future<Output = u8>>>;

in_each_mode! {
    coercions
    types {}
    shapes {
        [long]
        fn coerced(long: bool) -> Box<dyn Display> {
            if long {
                return Box::new("text");
            }
            Box::new(3)
        }

        [long]
        async fn coerced_later(long: bool) -> Result<Later, String> {
            if long {
                return Ok(Box::pin(std::future::ready(3)));
            }
            Ok(Box::pin(async { 4 }))
        }

        [text]
        fn collected(text: &str) -> Vec<char> {
            text.chars().collect()
        }

        [text]
        async fn converted(text: &str) -> String {
            text.into()
        }
    }
    run {
        assert_eq!(coerced(true).to_string() + &coerced(false).to_string(), "text3");
        assert_eq!(ready(ready(coerced_later(false)).unwrap()), 4);
        assert_eq!(collected("ab"), ['a', 'b']);
        assert_eq!(ready(converted("ab")), "ab");
    }
}

#[test]
fn coercions_and_inference() {
    let names = ["coerced", "coerced", "coerced_later", "collected", "converted"];
    check_ok(coercions::MODES, &names);
}
