//! The inputs of the macros, each as small as possible.

use super::{
    Case,
    Input::{Derive, Off, Traced},
};

pub(super) const ALL: &[Case] = &[
    Case { file: "plain", input: Traced("", "fn plain(a: i64) -> i64 { a + 1 }") },
    Case {
        file: "signature",
        input: Traced(
            "",
            r#"
            /// Documented.
            #[must_use]
            pub(crate) unsafe extern "C" fn signature<'a, T, const N: usize>(
                mut self: Box<Self>,
                (first, _): (&'a T, u8),
                rest: [T; N],
            ) -> Option<&'a T>
            where
                T: Ord + 'a,
            {
                #![allow(unused)]
                Some(first)
            }"#,
        ),
    },
    Case {
        file: "async_fn",
        input: Traced("", "async fn fetch(url: &str) -> Result<Body, Error> { get(url).await }"),
    },
    Case { file: "async_never", input: Traced("", "async fn never() -> ! { serve().await }") },
    Case {
        file: "attributes",
        input: Traced(
            r#"attributes(
                table, %path, ?mode, self.id, self.owner.name, options.limit,
                rows = rows.len(), table.rows = a + b, "db.system.name" = "sqlite",
                error.r#type = %kind, keys::TABLE = table, LIMIT = ?limit,
            )"#,
            "fn create(&self, table: &str, path: Path, mode: Mode, options: Options) {}",
        ),
    },
    Case {
        file: "attributes_of_conditional_argument",
        input: Traced(
            "attributes(limit), attributes_fn = |limit| *limit",
            r#"fn f(#[cfg(feature = "limit")] limit: u8) {}"#,
        ),
    },
    Case {
        file: "attributes_fn_closure",
        input: Traced(
            "attributes_fn = |this, name: &String, _| { let n = name.len(); [this.key(n)] }",
            "fn f(&self, name: String, (a, b): (u8, u8)) {}",
        ),
    },
    Case {
        file: "floe_attributes",
        input: Traced("floe_attributes = (IDENTITY, alert)", "fn f(alert: &Alert) {}"),
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
        file: "off_boxed",
        input: Off(
            "boxed, attributes(n)",
            "async fn f(mut n: Vec<u8>) -> usize { n.pop(); f(n).await }",
        ),
    },
    Case {
        file: "parent_and_links",
        input: Traced(
            "parent = headers, links = [first, second]",
            "fn f(headers: &Headers, first: SpanContext, second: &SpanContext) {}",
        ),
    },
    Case {
        file: "error_if",
        input: Traced("error_if = |result| result.is_none()", "fn f() -> Option<u8> { None }"),
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
        file: "block_with_skip_of_another",
        input: Traced(
            "",
            "impl S { #[graphql(skip)] fn f(&self) { body() } #[cfg_attr(all(), graphql(skip))] fn g(&self) { body() } }",
        ),
    },
    Case {
        file: "names_with_underscores",
        input: Traced(
            "attributes(_a, b = _a.len()), attributes_fn = |_a, _| [(\"n\", _a.len())]",
            "fn f(_a: String, _: Vec<u8>) {}",
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
    Case {
        file: "derive_text",
        input: Derive(
            r"
            struct Request<T> {
                #[floe(display)]
                url: Option<Url<T>>,
                #[floe(debug)]
                mode: Mode,
                #[floe(redact)]
                token: Option<SecretString>,
            }",
        ),
    },
    Case {
        file: "derive_flatten",
        input: Derive(
            r#"
            struct Load<'a, 'b> {
                #[floe(flatten)]
                identity: &'a Identity,
                rows: u64,
                #[floe(flatten, prefix = "load.source")]
                source: Option<Source<'b>>,
            }"#,
        ),
    },
    Case {
        file: "derive_enum",
        input: Derive(
            r#"
            #[floe(prefix = "job")]
            enum Job<'a, T> {
                Started { id: &'a str, #[floe(display)] at: T },
                Failed { id: &'a str, #[floe(key = "error.type")] reason: Reason },
                Finished(Report),
                Unknown,
            }"#,
        ),
    },
    Case {
        file: "derive_value",
        input: Derive(
            r#"
            #[floe(rename_all = "kebab-case")]
            enum Severity {
                Info,
                /// Wakes somebody up.
                HighRisk,
                #[floe(rename = "fatal")]
                #[deprecated]
                Critical,
            }"#,
        ),
    },
];
