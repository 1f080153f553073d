//! [`Args`] and the signature into [`Traced`]: everything that can be wrong is found here.

use std::collections::HashSet;

use quote::ToTokens;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, ext::IdentExt};

use super::{
    args::Args,
    arguments::{self, Argument},
    attributes_fn::AttributesFn,
    item::Function,
    output::Output,
    record::{self, Key, Record},
};
use crate::{ctxt::Ctxt, krate::Krate, secret, symbol, words};

/// A function with all that its span needs, of which nothing can be wrong any more.
pub(super) struct Traced<'a> {
    pub(super) krate: Krate,
    pub(super) function: &'a Function,
    /// What the call site is called.
    pub(super) name: LitStr,
    /// What this call is called, when that is only known at run time.
    pub(super) computed_name: Option<Expr>,
    /// A variant of the runtime's `SpanKind`.
    pub(super) kind: &'static str,
    pub(super) floe_attributes: Vec<Expr>,
    pub(super) records: Vec<Record>,
    pub(super) attributes_fn: Option<AttributesFn<'a>>,
    pub(super) output: Output,
}

const KINDS: [(&str, &str); 5] = [
    ("internal", "Internal"),
    ("server", "Server"),
    ("client", "Client"),
    ("producer", "Producer"),
    ("consumer", "Consumer"),
];

impl<'a> Traced<'a> {
    pub(super) fn new(cx: &Ctxt, args: Args, function: &'a Function) -> Self {
        let arguments = arguments::of(&function.sig);
        let mut records = args.attributes;
        check_shorthands(cx, &mut records, &arguments);
        check_duplicates(cx, &records);
        check_secrets(cx, &records);
        let ident = &function.sig.ident;
        let own_name = LitStr::new(&ident.unraw().to_string(), ident.span());
        let (name, computed_name) = match args.name {
            None => (own_name, None),
            Some(written) => name(cx, written, own_name),
        };
        Self {
            krate: Krate::new(args.krate),
            function,
            name,
            computed_name,
            kind: args.kind.map_or("Internal", |kind| span_kind(cx, &kind)),
            floe_attributes: args
                .floe_attributes
                .map_or_else(Vec::new, |it| several(cx, it)),
            records,
            attributes_fn: args
                .attributes_fn
                .and_then(|(_, value)| AttributesFn::new(cx, value, arguments)),
            output: Output::new(&function.sig.output),
        }
    }

    /// Whether the span is opened with nothing but its call site.
    pub(super) fn is_plain(&self) -> bool {
        self.computed_name.is_none()
            && self.floe_attributes.is_empty()
            && self.records.is_empty()
            && self.attributes_fn.is_none()
    }
}

/// A literal names the call site, anything else only the call.
fn name(cx: &Ctxt, written: Expr, own_name: LitStr) -> (LitStr, Option<Expr>) {
    match written {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => {
            if text.value().is_empty() {
                cx.error(&text, "a span needs a name, and this one is empty");
            }
            (text, None)
        }
        Expr::Lit(literal) => {
            let message = "a span's name is text, such as `name = \"span.name\"`, a constant, or an \
                           expression over the arguments";
            cx.error(&literal, message);
            (own_name, None)
        }
        computed => (own_name, Some(computed)),
    }
}

fn span_kind(cx: &Ctxt, written: &Expr) -> &'static str {
    let words = KINDS.map(|(word, _)| word);
    let Expr::Path(path) = written else {
        let kinds = words::list(&words);
        cx.error(
            written,
            format_args!("a span's kind is one of the words {kinds}"),
        );
        return "Internal";
    };
    let found = path.path.get_ident();
    let known = found.and_then(|found| KINDS.iter().find(|(word, _)| found == word));
    known.map_or_else(
        || {
            let found = path.to_token_stream().to_string().replace(' ', "");
            cx.error(written, words::unknown("kind", &found, words));
            "Internal"
        },
        |(_, variant)| variant,
    )
}

/// One value, or several in parentheses.
fn several(cx: &Ctxt, written: Expr) -> Vec<Expr> {
    match written {
        Expr::Tuple(tuple) => {
            if tuple.elems.is_empty() {
                let usage = symbol::FLOE_ATTRIBUTES.usage;
                cx.error(
                    &tuple,
                    format_args!("there is no value here, write `{usage}`"),
                );
            }
            tuple.elems.into_iter().collect()
        }
        one => vec![one],
    }
}

/// A name alone has to be an argument's: a slip would else be looked up in the surroundings.
fn check_shorthands(cx: &Ctxt, records: &mut [Record], arguments: &[Argument<'_>]) {
    for record in records {
        let Some(word) = &record.shorthand else {
            continue;
        };
        let bare_self = matches!(&record.value, Expr::Path(_)) && word == "self";
        match arguments.iter().find(|argument| argument.binds(word)) {
            Some(_) if bare_self => cx.error(word, "`self` needs a key, as in `key = self`"),
            Some(argument) => record.cfgs = owned(&argument.cfgs),
            None => {
                let names: Vec<_> = arguments.iter().flat_map(Argument::names).collect();
                let names = names.iter().map(String::as_str);
                cx.error(word, words::unknown("argument", &word.to_string(), names));
            }
        }
    }
}

fn owned(attrs: &[&Attribute]) -> Vec<Attribute> {
    attrs.iter().copied().cloned().collect()
}

fn check_duplicates(cx: &Ctxt, records: &[Record]) {
    let mut seen = HashSet::new();
    for record in records {
        if let Key::Text(key) = &record.key
            && !seen.insert(key.value())
        {
            cx.error(
                key,
                format_args!("attribute `{}` is given twice", key.value()),
            );
        }
    }
}

/// A key in quotes says that someone thought about it.
fn check_secrets(cx: &Ctxt, records: &[Record]) {
    for record in records.iter().filter(|record| !record.quoted) {
        let Some(word) = record::last_word(&record.value) else {
            continue;
        };
        let name = word.unraw().to_string();
        if secret::is_named_by(&name) {
            let message = format!(
                "`{name}` sounds like a credential, which no span may carry: record something else \
                 about it, or if it is none, put the key in quotes: `\"{name}\" = …`"
            );
            cx.error(word, message);
        }
    }
}
