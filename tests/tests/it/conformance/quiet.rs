//! The warnings of the compiler and of clippy are the same with a span and without.

use disarmed::Permit;
use floe_telemetry::{testing, traced};
use not_reported_without_a_span::{
    Empty, conditional, conditional_later, moved_later, parentheses, pushed,
};
use opentelemetry::Context;
use reported_without_a_span::{at_once, at_once_by_condition, endless, linked, wraps};
use tokio::task::JoinHandle;
use used_by_the_attribute::{attribute, computed, later, name, parent};

#[traced]
async fn starts() -> JoinHandle<u8> {
    tokio::spawn(async { 3 })
}

#[traced(attributes(n))]
async fn starts_with(n: u8) -> JoinHandle<u8> {
    tokio::spawn(async move { n })
}

#[traced]
#[must_use]
async fn must_be_used() -> u8 {
    1
}

#[traced(attributes(n))]
#[must_use = "it is a number"]
async fn must_be_used_with(n: u8) -> u8 {
    n
}

/// Without a span clippy reports all of these.
mod reported_without_a_span {
    use opentelemetry::Context;

    use super::traced;

    #[expect(clippy::unnecessary_wraps, clippy::needless_pass_by_value, reason = "a test")]
    #[traced]
    pub(super) fn wraps(text: String) -> Result<usize, String> {
        Ok(text.len())
    }

    #[traced]
    #[expect(clippy::unused_async)]
    pub(super) async fn at_once() {}

    #[traced]
    #[cfg_attr(all(), expect(clippy::unused_async, reason = "a test"))]
    pub(super) async fn at_once_by_condition() {}

    #[traced]
    #[expect(unconditional_recursion)]
    pub(super) fn endless() -> u8 {
        endless()
    }

    #[traced(links = [cx.clone()])]
    pub(super) fn linked(cx: &Context) {
        let _ = cx;
    }
}

#[deny(unused_variables)]
mod used_by_the_attribute {
    use opentelemetry::Context;

    use super::traced;

    #[traced(attributes(a))]
    pub(super) fn attribute(a: String) {}

    #[traced(parent = cx)]
    pub(super) fn parent(cx: Context) {}

    #[traced(name = format!("stage {number}"))]
    pub(super) fn name(number: Box<u8>) {}

    #[traced(attributes_fn = |it| [("n", it.is_empty())])]
    pub(super) fn computed(list: Vec<u8>) {}

    #[traced(attributes(a))]
    pub(super) async fn later(a: String) {}
}

#[deny(unused_parens, unused_variables)]
#[deny(clippy::collection_is_never_read, clippy::shadow_same, clippy::unused_self)]
#[forbid(unreachable_code)]
mod not_reported_without_a_span {
    use std::fmt::Display;

    use super::traced;

    #[traced]
    pub(super) fn conditional(
        #[cfg_attr(all(), allow(unused_variables, reason = "unused on purpose"))] text: String,
    ) {
    }

    #[traced]
    pub(super) async fn conditional_later(
        #[cfg_attr(all(), expect(unused_variables, reason = "the name is a document"))]
        text: String,
    ) {
    }

    #[traced]
    pub(super) fn parentheses(text: &str) -> &(impl Display + ?Sized) {
        text
    }

    #[traced]
    pub(super) fn pushed(mut list: Vec<u8>, (mut other, n): (Vec<u8>, u8)) {
        list.push(n);
        other.push(n);
    }

    #[traced]
    pub(super) async fn moved_later(mut text: String, other: String) -> usize {
        text.push('a');
        text.len() + other.len()
    }

    pub(super) struct Empty;

    impl Empty {
        #[traced]
        pub(super) async fn at_rest(&self) {}
    }
}

#[deny(unused_assignments)]
mod disarmed {
    use super::traced;

    pub(super) struct Permit(pub(super) usize);

    impl Drop for Permit {
        fn drop(&mut self) {
            assert_eq!(self.0, 0);
        }
    }

    #[traced]
    impl Permit {
        pub(super) fn disarm(mut self) -> usize {
            let held = self.0;
            self.0 = 0;
            held
        }

        pub(super) async fn disarm_later(mut self) -> usize {
            let held = self.0;
            self.0 = 0;
            held
        }
    }
}

#[tokio::test]
async fn no_function_is_reported() {
    let spans = testing::capture_async(async {
        assert_eq!(starts().await.await.unwrap(), 3);
        assert_eq!(starts_with(4).await.await.unwrap(), 4);
        #[expect(unused_must_use, reason = "the attribute applies to the result")]
        {
            must_be_used().await;
            must_be_used_with(2).await;
        }
        assert_eq!(wraps("ab".to_owned()), Ok(2));
        at_once().await;
        at_once_by_condition().await;
        let _: fn() -> u8 = endless;
        linked(&Context::current());
        attribute("a".to_owned());
        parent(Context::current());
        name(Box::new(1));
        computed(vec![1]);
        later("a".to_owned()).await;
        assert_eq!(Permit(2).disarm(), 2);
        assert_eq!(Permit(3).disarm_later().await, 3);
        conditional(String::new());
        conditional_later(String::new()).await;
        assert_eq!(parentheses("a").to_string(), "a");
        pushed(vec![1], (vec![2], 3));
        assert_eq!(moved_later("a".to_owned(), "b".to_owned()).await, 3);
        Empty.at_rest().await;
    })
    .await;
    assert_eq!(spans.len(), 21);
}
