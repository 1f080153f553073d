//! Every keyword of the two macros, once.

use std::fmt::{self, Display};

use proc_macro2::Ident;

/// A keyword, an example of its use, and the form of its value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Symbol {
    pub(crate) word: &'static str,
    pub(crate) usage: &'static str,
    pub(crate) form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// No value.
    Switch,
    Expr,
    Text,
    Path,
    /// The key of an attribute.
    Key,
    /// No value, `%`, `?` or an expression.
    Returned,
    /// A list of attributes in parentheses.
    Records,
}

pub(crate) const NAME: Symbol = Symbol::of(Form::Expr, "name", r#"name = "span.name""#);
pub(crate) const TRACER: Symbol = Symbol::of(Form::Expr, "tracer", r#"tracer = "acme.billing""#);
pub(crate) const LEVEL: Symbol = Symbol::of(Form::Expr, "level", "level = debug");
pub(crate) const KIND: Symbol = Symbol::of(Form::Expr, "kind", "kind = client");
pub(crate) const ATTRIBUTES: Symbol =
    Symbol::of(Form::Records, "attributes", "attributes(key = value, …)");
pub(crate) const ATTRIBUTES_FN: Symbol =
    Symbol::of(Form::Expr, "attributes_fn", "attributes_fn = |argument, …| attributes");
pub(crate) const FLOE_ATTRIBUTES: Symbol =
    Symbol::of(Form::Expr, "floe_attributes", "floe_attributes = value");

pub(crate) const PARENT: Symbol = Symbol::of(Form::Expr, "parent", "parent = context");
pub(crate) const ROOT: Symbol = Symbol::switch("root");
pub(crate) const LINKS: Symbol = Symbol::of(Form::Expr, "links", "links = [span_context]");
pub(crate) const ERROR_IF: Symbol =
    Symbol::of(Form::Expr, "error_if", "error_if = |result| condition");
pub(crate) const RET: Symbol =
    Symbol::of(Form::Returned, "ret", "ret`, `ret = %`, `ret = ?` or `ret = |value| …");
pub(crate) const METRICS: Symbol = Symbol::switch("metrics");
pub(crate) const BOXED: Symbol = Symbol::switch("boxed");
pub(crate) const FUTURE: Symbol = Symbol::switch("future");
pub(crate) const CALL_ONLY: Symbol = Symbol::switch("call_only");

/// The type of the block around a method, and the block's type parameters that need not be `'static`, separated by
/// spaces. Only the attribute on a block writes this argument, for its methods.
pub(crate) const OF_TYPE: Symbol =
    Symbol::of(Form::Text, "__floe_of_type", r#"__floe_of_type = "Type""#);

pub(crate) const PREFIX: Symbol = Symbol::of(Form::Text, "prefix", r#"prefix = "alert""#);
pub(crate) const KEY: Symbol = Symbol::of(Form::Key, "key", r#"key = "alert.channel""#);
pub(crate) const SKIP: Symbol = Symbol::switch("skip");
pub(crate) const RENAME_ALL: Symbol =
    Symbol::of(Form::Text, "rename_all", r#"rename_all = "snake_case""#);
pub(crate) const RENAME: Symbol = Symbol::of(Form::Text, "rename", r#"rename = "critical""#);
pub(crate) const FLATTEN: Symbol = Symbol::switch("flatten");
pub(crate) const DISPLAY: Symbol = Symbol::switch("display");
pub(crate) const DEBUG: Symbol = Symbol::switch("debug");
pub(crate) const REDACT: Symbol = Symbol::switch("redact");

pub(crate) const CRATE: Symbol =
    Symbol::of(Form::Path, "crate", "crate = path::to::floe_telemetry");

/// The arguments of `#[traced(…)]`, in the order in which messages list them.
pub(crate) const TRACED: &[Symbol] = &[
    NAME,
    TRACER,
    LEVEL,
    KIND,
    ATTRIBUTES,
    ATTRIBUTES_FN,
    FLOE_ATTRIBUTES,
    PARENT,
    ROOT,
    LINKS,
    ERROR_IF,
    RET,
    METRICS,
    FUTURE,
    CALL_ONLY,
    BOXED,
    CRATE,
];

pub(crate) const CONTAINER: &[Symbol] = &[PREFIX, RENAME_ALL, CRATE];

pub(crate) const VARIANT: &[Symbol] = &[RENAME];

pub(crate) const FIELD: &[Symbol] = &[KEY, DISPLAY, DEBUG, REDACT, FLATTEN, SKIP];

impl Symbol {
    const fn of(form: Form, word: &'static str, usage: &'static str) -> Self {
        Self { word, usage, form }
    }

    const fn switch(word: &'static str) -> Self {
        Self::of(Form::Switch, word, word)
    }

    pub(crate) fn is(self, ident: &Ident) -> bool {
        ident == self.word
    }
}

impl Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word)
    }
}
