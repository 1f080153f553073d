//! The inputs for switches and other arguments of `#[traced]`, and for the kinds of annotated items.

use super::{Case, Input::Traced};

pub(super) const ALL: &[Case] = &[
    Case {
        file: "parent_and_links",
        input: Traced(
            "parent = headers, links = [first, second]",
            "fn f(headers: &Headers, first: SpanContext, second: &SpanContext) {}",
        ),
    },
    Case { file: "root_and_metrics", input: Traced("root, metrics", "async fn f() {}") },
    Case {
        file: "error_if",
        input: Traced("error_if = |result| result.is_none()", "fn f() -> Option<u8> { None }"),
    },
    Case { file: "root", input: Traced("root, kind = server", "fn f() {}") },
    Case {
        file: "error_if_path",
        input: Traced("error_if = Answer::is_refused", "async fn f() -> Answer { ask().await }"),
    },
    Case {
        file: "error_if_with_type",
        input: Traced(
            "error_if = |_answer: &u8| -> bool { *_answer > 3 }",
            "fn f() -> BoxFuture<'static, u8> { ask() }",
        ),
    },
    Case {
        file: "returns_closure",
        input: Traced(
            "",
            "fn f(names: Vec<String>) -> impl Fn(&str) -> bool + Send { move |name| has(&names, name) }",
        ),
    },
    Case { file: "returns_type_of_macro", input: Traced("", "fn f() -> rows!(u8) { read() }") },
    Case {
        file: "async_type_of_macro",
        input: Traced("", "async fn f() -> rows!(u8) { read().await }"),
    },
    Case {
        file: "async_elided_lifetime",
        input: Traced(
            "",
            "async fn f(names: impl Iterator<Item = &str>, n: u8) -> usize { count(names).await }",
        ),
    },
    Case { file: "returns_by_type", input: Traced("", "fn f(n: u8) -> Later<u8> { start(n) }") },
    Case {
        file: "call_only",
        input: Traced("call_only", "fn f(n: u8) -> impl Future<Output = u8> { start(n) }"),
    },
    Case {
        file: "returns_future_of_opaque",
        input: Traced("", "fn f() -> impl Future<Output = Result<impl Sized, Error>> { get() }"),
    },
    Case {
        file: "returns_future_of_opaque_alone",
        input: Traced("", "fn f() -> impl Future<Output = impl Sized> { get() }"),
    },
    Case {
        file: "async_boxed",
        input: Traced("boxed", "async fn f(depth: u32) { f(depth - 1).await }"),
    },
    Case {
        file: "async_arguments",
        input: Traced(
            "",
            "async fn f(self: Arc<Self>, list: Vec<u8>, mut rest: &[u8], (a, mut b): (u8, T), _: T) {}",
        ),
    },
    Case {
        file: "async_must_use",
        input: Traced("", "#[must_use] async fn f(a: String) -> usize { a.len() }"),
    },
    Case {
        file: "block_with_a_stream",
        input: Traced(
            "error_if = is_bad, boxed, parent = cx",
            r"
            impl S {
                fn list(&self, cx: Context) -> BoxStream<'_, u8> { list() }
                #[traced(root)]
                async fn get(&self) -> u8 { 1 }
                fn put(&self, cx: Context) {}
            }
            ",
        ),
    },
    Case {
        file: "returns_box_of_stream",
        input: Traced("", "fn f() -> Box<dyn Stream<Item = u8> + Unpin> { list() }"),
    },
    Case {
        file: "returns_pinned_opaque",
        input: Traced("", "fn f() -> Pin<Box<impl Future<Output = u8>>> { get() }"),
    },
    Case {
        file: "async_with_another_macro",
        input: Traced("", "#[tokio::main] async fn main() -> Result<()> { run().await }"),
    },
    Case {
        file: "async_trait",
        input: Traced(
            "attributes(key)",
            r"
            #[allow(clippy::type_complexity)]
            fn load<'life0, 'async_trait>(
                &'life0 self,
                key: u8,
            ) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = u8> + 'async_trait>>
            where
                'life0: 'async_trait,
            {
                Box::pin(async move {
                    let __self = self;
                    let key = key;
                    let __ret: u8 = { __self.get(key).await };
                    __ret
                })
            }",
        ),
    },
    Case {
        file: "returns_future",
        input: Traced(
            "attributes(n)",
            "fn f(n: u8) -> impl Future<Output = Result<u8, Error>> + Send { let m = n + 1; async move { Ok(m) } }",
        ),
    },
    Case {
        file: "returns_boxed_future",
        input: Traced("", "fn f() -> Pin<Box<dyn Future<Output = u8> + Send>> { Box::pin(g()) }"),
    },
    Case {
        file: "returns_stream",
        input: Traced("", "fn f() -> impl Stream<Item = u8> { iter([1]) }"),
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

                const fn size() -> usize { Self::SIZE }
            }"#,
        ),
    },
    Case {
        file: "block_with_conditions",
        input: Traced(
            "kind = client",
            r#"
            impl S {
                #[cfg_attr(feature = "spans", traced(name = "loaded", root), must_use)]
                fn load(&self) -> u8 { 1 }

                #[cfg_attr(feature = "quiet", traced(skip))]
                #[inline]
                fn save(&self) {}

                #[traced(root)]
                #[cfg_attr(feature = "spans", telemetry::traced(attributes(n)))]
                fn both(&self, n: u8) {}

                #[cfg_attr(unix, cfg_attr(feature = "spans", traced(name = "deep"), inline), must_use)]
                fn nested(&self) -> u8 { 1 }
            }"#,
        ),
    },
    Case {
        file: "block_mistakes",
        input: Traced(
            "name = \"a\", kind = cleint",
            "impl S { #[traced(skip)] fn f(&self) { body() } }",
        ),
    },
    Case {
        file: "block_with_skip_of_another",
        input: Traced(
            "",
            "impl S { #[graphql(skip)] fn f(&self) { body() } #[cfg_attr(all(), graphql(skip))] fn g(&self) { body() } }",
        ),
    },
];
