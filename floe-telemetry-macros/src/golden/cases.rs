//! The inputs of the macros, each as small as possible.

use super::{
    Case,
    Input::{Derive, Off, Traced},
};

pub(super) const ALL: &[Case] = &[
    Case { file: "plain", input: Traced("", "fn plain(a: i64) -> i64 { a + 1 }") },
    Case {
        file: "async_fn",
        input: Traced("", "async fn fetch(url: &str) -> Result<Body, Error> { get(url).await }"),
    },
    Case {
        file: "everything_in_order",
        input: Traced(
            "attributes_fn = pairs, attributes(n), floe_attributes = IDENTITY, name = title(n)",
            "async fn f(n: u8) {}",
        ),
    },
    Case {
        file: "off",
        input: Off(
            "name = title(n), attributes(n), parent = cx, error_if = is_bad, metrics",
            "async fn f(n: u8, cx: Context) -> Result<u8, Error> { g(n).await }",
        ),
    },
    Case {
        file: "block",
        input: Traced(
            "kind = client, attributes(self.id), boxed",
            r#"
            impl<T: Ord> Store for self::Memory<T> {
                const SIZE: usize = 3;
                type Item = T;

                /// Documented.
                pub fn load(&self) -> u8 { self.get().await }

                #[traced(name = "save", attributes(n))]
                async fn save(&self, n: u8) {}

                #[traced(skip)]
                fn len(&self) -> usize { 0 }

                #[graphql(skip)]
                fn other(&self) {}

                const fn size() -> usize { Self::SIZE }
            }"#,
        ),
    },
    Case {
        file: "derive",
        input: Derive(
            r#"
            /// An alert.
            ///
            /// And how it was sent.
            #[floe(prefix = "alert")]
            pub struct Alert<'a> {
                /// Where it went.
                channel: &'a str,
                #[floe(key = "alert.destination")]
                to: Destination,
                #[floe(skip)]
                body: String,
                #[deprecated(since = "1.0", note = "use `channel`")]
                r#type: i64,
            }"#,
        ),
    },
];
