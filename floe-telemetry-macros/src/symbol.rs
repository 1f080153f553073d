//! Every keyword of the two macros, once.

use std::fmt::{self, Display};

use proc_macro2::Ident;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Symbol {
    pub(crate) word: &'static str,
    pub(crate) usage: &'static str,
}

pub(crate) const NAME: Symbol = Symbol { word: "name", usage: r#"name = "span.name""# };
pub(crate) const TRACER: Symbol = Symbol { word: "tracer", usage: r#"tracer = "acme.billing""# };
pub(crate) const LEVEL: Symbol = Symbol { word: "level", usage: "level = debug" };
pub(crate) const KIND: Symbol = Symbol { word: "kind", usage: "kind = client" };
pub(crate) const ATTRIBUTES: Symbol =
    Symbol { word: "attributes", usage: "attributes(key = value, …)" };
pub(crate) const ATTRIBUTES_FN: Symbol =
    Symbol { word: "attributes_fn", usage: "attributes_fn = |argument, …| attributes" };
pub(crate) const FLOE_ATTRIBUTES: Symbol =
    Symbol { word: "floe_attributes", usage: "floe_attributes = value" };

pub(crate) const PARENT: Symbol = Symbol { word: "parent", usage: "parent = context" };
pub(crate) const ROOT: Symbol = Symbol { word: "root", usage: "root" };
pub(crate) const LINKS: Symbol = Symbol { word: "links", usage: "links = [span_context]" };
pub(crate) const ERROR_IF: Symbol =
    Symbol { word: "error_if", usage: "error_if = |result| condition" };
pub(crate) const METRICS: Symbol = Symbol { word: "metrics", usage: "metrics" };
pub(crate) const BOXED: Symbol = Symbol { word: "boxed", usage: "boxed" };
pub(crate) const FUTURE: Symbol = Symbol { word: "future", usage: "future" };
pub(crate) const CALL_ONLY: Symbol = Symbol { word: "call_only", usage: "call_only" };

/// Written only by the attribute of a block.
pub(crate) const OF_TYPE: Symbol =
    Symbol { word: "__floe_of_type", usage: r#"__floe_of_type = "Type""# };

pub(crate) const PREFIX: Symbol = Symbol { word: "prefix", usage: r#"prefix = "alert""# };
pub(crate) const KEY: Symbol = Symbol { word: "key", usage: r#"key = "alert.channel""# };
pub(crate) const SKIP: Symbol = Symbol { word: "skip", usage: "skip" };
pub(crate) const TRANSPARENT: Symbol = Symbol { word: "transparent", usage: "transparent" };
pub(crate) const RENAME_ALL: Symbol =
    Symbol { word: "rename_all", usage: r#"rename_all = "snake_case""# };
pub(crate) const RENAME: Symbol = Symbol { word: "rename", usage: r#"rename = "critical""# };
pub(crate) const FLATTEN: Symbol = Symbol { word: "flatten", usage: "flatten" };
pub(crate) const DISPLAY: Symbol = Symbol { word: "display", usage: "display" };
pub(crate) const DEBUG: Symbol = Symbol { word: "debug", usage: "debug" };
pub(crate) const REDACT: Symbol = Symbol { word: "redact", usage: "redact" };

pub(crate) const CRATE: Symbol =
    Symbol { word: "crate", usage: "crate = path::to::floe_telemetry" };

/// The arguments of `#[traced(…)]`, in the order of the documentation.
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
    METRICS,
    FUTURE,
    CALL_ONLY,
    BOXED,
    CRATE,
];

pub(crate) const CONTAINER: &[Symbol] = &[PREFIX, TRANSPARENT, RENAME_ALL, CRATE];

pub(crate) const VARIANT: &[Symbol] = &[RENAME];

pub(crate) const FIELD: &[Symbol] = &[KEY, DISPLAY, DEBUG, REDACT, FLATTEN, SKIP];

impl Symbol {
    pub(crate) fn find(ident: &Ident, accepted: &[Self]) -> Option<Self> {
        accepted.iter().copied().find(|symbol| symbol.is(ident))
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
