//! Functions: their return types, generics, borrows and exits.

use std::num::ParseIntError;
use std::panic::catch_unwind;

use floe_telemetry::traced;

use super::modes::{CANCELLED, Modes, OK, check, check_ok, in_each_mode, poll, ready};

in_each_mode! {
    the_type
    types {}
    shapes {
        [n]
        fn increment(n: i64) -> i64 {
            n + 1
        }

        [n]
        #[expect(unsafe_code, reason = "the word is tested")]
        unsafe fn dangerous(n: i64) -> i64 {
            n + 1
        }

        [n]
        extern "C" fn foreign(n: i64) -> i64 {
            n + 1
        }
    }
    run {
        let plain: fn(i64) -> i64 = increment;
        let _: unsafe fn(i64) -> i64 = dangerous;
        let foreign: extern "C" fn(i64) -> i64 = foreign;
        assert_eq!(plain(1) + foreign(1), 4);
    }
}

#[test]
fn the_return_type_is_unchanged() {
    check_ok(the_type::MODES, &["increment", "foreign"]);
}

in_each_mode! {
    nothing
    types {}
    shapes {
        [n = 1]
        fn unit() {}

        [n = 1]
        async fn unit_later() {}

        [n = 1]
        fn never() -> ! {
            panic!("never")
        }

        [n = 1]
        async fn never_later() -> ! {
            loop {
                std::future::pending::<()>().await;
            }
        }

        [n = 1]
        async fn panics_later() -> ! {
            panic!("never again")
        }
    }
    run {
        unit();
        ready(unit_later());
        assert!(catch_unwind(|| never()).is_err());
        assert!(poll(never_later()).is_pending());
        let panics = catch_unwind(|| {
            let _ = poll(panics_later());
        });
        assert!(panics.is_err());
    }
}

#[test]
fn functions_that_return_nothing_or_never() {
    let expected = [
        ("unit", OK),
        ("unit_later", OK),
        ("never", "never"),
        ("never_later", CANCELLED),
        ("panics_later", "never again"),
    ];
    check(nothing::MODES, &expected);
}

struct NoTraits;

in_each_mode! {
    generics
    types {}
    shapes {
        [len = items.len()]
        fn generic<T, const N: usize>(items: [T; N]) -> Option<T>
        where
            T: Sized,
        {
            items.into_iter().next()
        }

        [len = items.len()]
        async fn generic_later<T, const N: usize>(items: [T; N]) -> Result<Option<T>, NoTraits> {
            Ok(items.into_iter().next())
        }
    }
    run {
        assert!(generic([NoTraits]).is_some());
        assert!(ready(generic_later([NoTraits])).is_ok());
    }
}

#[test]
fn generics_get_no_bounds() {
    check_ok(generics::MODES, &["generic", "generic_later"]);
}

struct Parsed<'a>(&'a str);

in_each_mode! {
    borrows
    types {}
    shapes {
        [left]
        fn explicit<'a>(left: &'a str, _right: &str) -> &'a str {
            left
        }

        [first = list[0]]
        fn reborrowed(list: &mut Vec<u8>) -> &mut u8 {
            &mut list[0]
        }

        [len = list.len()]
        fn reborrowed_result(list: &mut Vec<u8>) -> Result<&[u8], String> {
            list.push(1);
            Ok(list)
        }

        [len = list.len()]
        async fn reborrowed_later(list: &mut Vec<u8>) -> Result<&mut u8, String> {
            list.first_mut().ok_or_else(String::new)
        }

        [text]
        fn early(text: &str) -> Result<Option<Parsed<'_>>, NoTraits> {
            if text.is_empty() {
                return Ok(None);
            }
            Ok(Some(Parsed(text.strip_prefix('a').ok_or(NoTraits)?)))
        }

        [text]
        async fn early_later(text: &str) -> Result<Option<Parsed<'_>>, NoTraits> {
            if text.is_empty() {
                return Ok(None);
            }
            Ok(Some(Parsed(text.strip_prefix('a').ok_or(NoTraits)?)))
        }
    }
    run {
        let _: for<'a> fn(&'a str, &str) -> &'a str = explicit;
        let mut list = vec![1];
        *reborrowed(&mut list) += 1;
        *ready(reborrowed_later(&mut list)).unwrap() += 1;
        assert_eq!(reborrowed_result(&mut list), Ok(&[3, 1][..]));
        assert_eq!(explicit("a", "b"), "a");
        assert_eq!(early("ab").ok().flatten().unwrap().0, "b");
        assert!(ready(early_later("")).ok().unwrap().is_none());
    }
}

#[test]
fn arguments_and_results_may_borrow() {
    let names =
        ["early", "early_later", "explicit", "reborrowed", "reborrowed_later", "reborrowed_result"];
    check_ok(borrows::MODES, &names);
}

in_each_mode! {
    mutable
    types {}
    shapes {
        [n]
        fn reassigned(mut n: i64, mut list: Vec<i64>) -> Result<Vec<i64>, String> {
            n += 1;
            list.push(n);
            Ok(list)
        }

        [text]
        async fn repointed(mut text: &str) -> usize {
            let longer = format!("{text}!");
            text = &longer;
            text.len()
        }
    }
    run {
        assert_eq!(reassigned(1, vec![]), Ok(vec![2]));
        assert_eq!(ready(repointed("a")), 2);
    }
}

#[test]
fn mut_arguments_are_variables_of_the_body() {
    let [.., spans] = check_ok(mutable::MODES, &["reassigned", "repointed"]);
    spans.single("repointed").assert_attribute("text", "a");
}

in_each_mode! {
    exits
    types {}
    shapes {
        [text]
        fn parse(text: &str) -> Result<u8, ParseIntError> {
            if text.is_empty() {
                return Ok(0);
            }
            Ok(text.parse::<u8>()? + 1)
        }

        [text]
        async fn parse_later(text: &str) -> Result<u8, ParseIntError> {
            if text.is_empty() {
                return Ok(0);
            }
            Ok(text.parse::<u8>()? + 1)
        }
    }
    run {
        for (text, fails) in [("", false), ("1", false), ("x", true)] {
            assert_eq!(parse(text).is_err(), fails);
            assert_eq!(ready(parse_later(text)).is_err(), fails);
        }
    }
}

#[test]
fn every_exit_ends_the_span_once() {
    let invalid = "invalid digit found in string";
    let expected = ["parse", "parse_later"].map(|name| [(name, OK), (name, OK), (name, invalid)]);
    check(exits::MODES, expected.as_flattened());
}
