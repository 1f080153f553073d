//! The inputs of the derive macro, each as small as possible.

use super::{Case, Input::Derive};

pub(super) const ALL: &[Case] = &[
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
        file: "derive_without_constants",
        input: Derive(
            "#[floe(consts = false)] struct Range { max: u8, #[floe(consts = true)] min: u8 }",
        ),
    },
    Case {
        file: "derive_constant_keys",
        input: Derive(
            r"
            struct Query<'a> {
                #[floe(key = attribute::DB_NAMESPACE)]
                database: &'a str,
                #[floe(key = Self::ROWS_KEY)]
                rows: u64,
                #[floe(key = SCHEMA_KEY)]
                schema: &'a str,
            }",
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
        file: "derive_flatten_generic",
        input: Derive("struct Wrapped<T: Clone> { #[floe(flatten)] inner: T, name: String }"),
    },
    Case {
        file: "derive_tuple",
        input: Derive(
            r#"struct Pair(#[floe(key = "left")] u8, #[floe(key = "right")] u8, #[floe(skip)] ());"#,
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
    Case {
        file: "derive_transparent",
        input: Derive("#[floe(transparent)] struct TableId<T>(T, #[floe(skip)] PhantomData<u8>);"),
    },
    Case {
        file: "derive_transparent_text",
        input: Derive("#[floe(transparent)] struct Token { #[floe(redact)] text: String }"),
    },
    Case { file: "derive_empty", input: Derive("struct Empty {}") },
    Case {
        file: "derive_generic",
        input: Derive(
            "struct Pair<T: Clone, U = u8> where U: Ord { first: T, second: Option<U>, third: T }",
        ),
    },
    Case {
        file: "derive_generic_text",
        input: Derive(
            r"
            struct Page<'a, I: Iterator, T> {
                #[floe(display)]
                first: Option<I::Item>,
                #[floe(debug)]
                rest: &'a [(T, <Vec<T> as ToOwned>::Owned)],
            }",
        ),
    },
    Case {
        file: "derive_renamed_crate",
        input: Derive("#[floe(crate = crate::telemetry)] struct Rows { keys: u64, rows: u64 }"),
    },
    Case {
        file: "derive_mistake",
        input: Derive("#[floe(prefx = \"a\")] struct Alert { channel: String }"),
    },
    Case {
        file: "derive_mistake_in_value",
        input: Derive("#[floe(rename_all = \"snek_case\")] enum Mode<T> { One, Two }"),
    },
    Case { file: "derive_mistake_in_kind", input: Derive("union Word { bits: u64, number: f64 }") },
];
