//! The inputs of `#[traced]`, each as small as possible.

use super::{
    Case,
    Input::{Off, Traced},
};

pub(super) const ALL: &[Case] = &[
    Case { file: "plain", input: Traced("", "fn plain(a: i64) -> i64 { a + 1 }") },
    Case {
        file: "tracer_and_level",
        input: Traced(r#"tracer = "acme.billing", level = debug, metrics"#, "fn charge() {}"),
    },
    Case {
        file: "tracer_of_block",
        input: Traced(
            "tracer = TRACER",
            r#"impl Billing { fn charge() {} #[traced(tracer = "acme.refunds")] fn refund() {} }"#,
        ),
    },
    Case { file: "unit", input: Traced("", "fn unit() {}") },
    Case { file: "never", input: Traced("", "fn never() -> ! { loop {} }") },
    Case {
        file: "opaque",
        input: Traced("", "fn opaque() -> impl Iterator<Item = u8> { read() }"),
    },
    Case {
        file: "opaque_inside",
        input: Traced(
            "",
            "fn opaque<'a>() -> Result<(Vec<impl Sized + 'a>, &'a [impl Copy]), Error> { read() }",
        ),
    },
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
    Case { file: "async_unit", input: Traced("", "async fn unit() { rest().await; }") },
    Case { file: "async_never", input: Traced("", "async fn never() -> ! { serve().await }") },
    Case {
        file: "async_opaque",
        input: Traced("", "async fn opaque() -> impl Fn() -> u8 { ready().await; || 3 }"),
    },
    Case {
        file: "async_opaque_inside",
        input: Traced("", "async fn opaque() -> Result<impl Copy, ()> { ready().await; Ok(3) }"),
    },
    Case {
        file: "name_and_kind",
        input: Traced(r#"name = "iceberg.create_table", kind = client"#, "fn r#create() {}"),
    },
    Case {
        file: "computed_name",
        input: Traced(r#"name = format!("stage.{number}")"#, "fn stage(number: u8) {}"),
    },
    Case { file: "name_of_constant", input: Traced("name = names::LOAD", "fn load() {}") },
    Case {
        file: "name_of_argument",
        input: Traced("name = table.name", "fn load(table: &Table) {}"),
    },
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
        file: "attributes_fn_with_type",
        input: Traced("attributes_fn = |n| -> Vec<KeyValue> { pairs(n) }", "fn f(n: u8) {}"),
    },
    Case {
        file: "attributes_fn_path",
        input: Traced("attributes_fn = Self::pairs", "fn f(&mut self, name: &str) {}"),
    },
    Case {
        file: "floe_attributes",
        input: Traced("floe_attributes = (IDENTITY, alert)", "fn f(alert: &Alert) {}"),
    },
    Case {
        file: "floe_attributes_by_their_types",
        input: Traced(
            "floe_attributes = (&Load { rows }, data::Table::new(rows), made(rows), rows.all())",
            "fn f(rows: u64) {}",
        ),
    },
    Case {
        file: "everything_in_order",
        input: Traced(
            "attributes_fn = pairs, attributes(n), floe_attributes = IDENTITY, name = title(n)",
            "async fn f(n: u8) {}",
        ),
    },
    Case {
        file: "renamed_crate",
        input: Traced("crate = crate::telemetry, attributes(n)", "fn f(n: u8) {}"),
    },
    Case {
        file: "async_that_may_call_itself",
        input: Traced("", "async fn walk(depth: u8) -> u8 { next::<u8>(walk(depth - 1)).await }"),
    },
    Case {
        file: "canonical_body",
        input: Traced(
            "",
            "fn partial_cmp(&self, other: &Self) -> Option<Ordering> { Some(self.cmp(other)) }",
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
        file: "off_boxed_must_use",
        input: Off(
            "boxed",
            "#[must_use] async fn f(first: String, mut rest: String) -> usize { f(first, rest).await }",
        ),
    },
    Case { file: "off_boxed_never", input: Off("boxed", "async fn f(n: u8) -> ! { f(n).await }") },
    Case { file: "mistakes", input: Traced("nmae = 1, kind = cleint, name", "fn f() { body() }") },
];
