//! Converts [`Args`] and the signature to [`Traced`], and performs all checks.

use proc_macro2::{Group, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, ReturnType, Signature, ext::IdentExt};

use super::{
    args::Args,
    arguments::{self, Argument},
    attributes_fn::AttributesFn,
    block::Block,
    boxing::{AsyncTrait, Boxing},
    item::Function,
    record::{Format, Key, Record},
    secrets,
    signature::{self, Future, Output},
};
use crate::{ctxt::Ctxt, krate::Krate, semconv::Keys, symbol, tokens, words};

pub(super) struct Traced<'a> {
    pub(super) krate: Krate,
    pub(super) function: &'a Function,
    pub(super) of_type: Option<String>,
    pub(super) name: LitStr,
    pub(super) computed_name: Option<Expr>,
    /// The tracer; `None` for the scope of the crate.
    pub(super) tracer: Option<Expr>,
    /// The variant of the runtime's `Level`; `None` for the default.
    pub(super) level: Option<&'static str>,
    pub(super) kind: &'static str,
    pub(super) parent: Parent,
    pub(super) links: Vec<Expr>,
    pub(super) error_if: Option<Expr>,
    pub(super) metrics: bool,
    pub(super) boxed: bool,
    pub(super) floe_attributes: Vec<Expr>,
    pub(super) records: Vec<Record>,
    pub(super) attributes_fn: Option<AttributesFn<'a>>,
    pub(super) warnings: TokenStream,
    pub(super) output: Output,
    pub(super) shape: Shape,
}

pub(super) enum Parent {
    Current,
    Given(Expr),
    Nothing,
}

/// The extent of the span.
pub(super) enum Shape {
    Sync,
    Async,
    AsyncTrait(AsyncTrait),
    /// A function that returns a future, with the body if it puts the future into a box.
    Returns(Future, Option<Box<Boxing>>),
}

const KINDS: [(&str, &str); 5] = [
    ("internal", "Internal"),
    ("server", "Server"),
    ("client", "Client"),
    ("producer", "Producer"),
    ("consumer", "Consumer"),
];

const LEVELS: [(&str, &str); 5] = [
    ("trace", "Trace"),
    ("debug", "Debug"),
    ("info", "Info"),
    ("warn", "Warn"),
    ("error", "Error"),
];

impl<'a> Traced<'a> {
    pub(super) fn new(cx: &Ctxt, mut args: Args, function: &'a Function) -> Self {
        let shape = shape(cx, &args, function);
        misplaced(cx, &args, function, &shape);
        let arguments = arguments::of(&function.sig);
        let mut records = args.attributes.take().unwrap_or_default();
        check_exits(cx, &args, &records);
        check_shorthands(cx, &mut records, &arguments);
        let keys = records.iter().filter_map(|record| match &record.key {
            Key::Text(key) => Some(key),
            Key::Const(_) => None,
        });
        words::check_twice(cx, "attribute", keys);
        let aliases = secrets::aliases(&arguments);
        secrets::in_records(cx, &records, &aliases);
        if let Some(name) = args.name.get() {
            secrets::in_name(cx, name, &aliases);
        }
        let krate = Krate::new(args.krate.take());
        let warnings = warnings(&records, function);
        let ident = &function.sig.ident;
        let own_name = LitStr::new(&ident.unraw().to_string(), ident.span());
        let (name, computed_name) = match args.name.take() {
            None => (own_name, None),
            Some(written) => name(cx, written, own_name),
        };
        Self {
            krate,
            function,
            of_type: args.of_type,
            name,
            computed_name,
            tracer: args.tracer.take(),
            level: args.level.take().and_then(|level| span_level(cx, &level)),
            kind: args.kind.take().and_then(|kind| span_kind(cx, &kind)).unwrap_or("Internal"),
            parent: match args.parent.take().inspect(|parent| check_parent(cx, parent)) {
                Some(parent) => Parent::Given(parent),
                None if args.root.keyword().is_some() => Parent::Nothing,
                None => Parent::Current,
            },
            links: args.links.take().map_or_else(Vec::new, each_of),
            error_if: args.error_if.take().inspect(|value| check_error_if(cx, value)),
            metrics: args.metrics.keyword().is_some(),
            boxed: args.boxed.keyword().is_some(),
            floe_attributes: args.floe_attributes.take().map_or_else(Vec::new, several),
            records,
            warnings,
            attributes_fn: args
                .attributes_fn
                .take()
                .and_then(|value| AttributesFn::new(cx, value, arguments))
                .inspect(|it| secrets::in_attributes_fn(cx, it)),
            output: output(&function.sig, &shape),
            shape,
        }
    }

    /// Whether the function must remain an `async fn`: another macro may require `async`, `#[must_use]` would apply to
    /// the future instead of the output, an `impl Trait` with an elided lifetime is only allowed in the arguments of an
    /// `async fn`, and a type from a macro cannot be repeated in the body.
    pub(super) fn stays_async(&self) -> bool {
        self.function.has_other_macros()
            || self.function.must_use()
            || self.function.elides_lifetimes()
            || matches!(self.output, Output::Macro)
    }

    /// The body that runs during the call.
    pub(super) fn body(&self) -> &Group {
        match &self.shape {
            Shape::Returns(_, Some(boxing)) => &boxing.body,
            _ => &self.function.body,
        }
    }

    /// Whether the function, or its future, returns a `Result` whose error contains a type parameter that need not be
    /// `'static`.
    pub(super) fn has_error_of_parameter(&self) -> bool {
        let ty = match (&self.output, &self.shape) {
            (_, Shape::Returns(Future::Opaque(output) | Future::Boxed(output), _)) => {
                output.as_deref()
            }
            (Output::Type(ty) | Output::Erased(ty), _) => Some(&**ty),
            _ => None,
        };
        ty.is_some_and(|ty| signature::has_error_of_parameter(ty, &self.function.sig.generics))
    }

    /// Whether the function returns nothing, so that no type of a value must be inferred.
    pub(super) fn returns_nothing(&self) -> bool {
        matches!(self.output, Output::Unit)
            && self.error_if.is_none()
            && matches!(self.shape, Shape::Sync | Shape::Async)
    }

    /// Whether the span needs only its call site.
    pub(super) fn is_plain(&self) -> bool {
        !self.fills() && matches!(self.parent, Parent::Current)
    }

    pub(super) fn fills(&self) -> bool {
        self.computed_name.is_some()
            || !self.links.is_empty()
            || !self.floe_attributes.is_empty()
            || !self.records.is_empty()
            || self.attributes_fn.is_some()
    }
}

/// The declared type, unless the body puts a future into a box.
fn output(sig: &Signature, shape: &Shape) -> Output {
    match shape {
        Shape::Returns(_, Some(_)) => Output::Opaque,
        _ => Output::new(&sig.output),
    }
}

/// The extent of the span: it follows a future if the signature or the argument `future` declares one.
fn shape(cx: &Ctxt, args: &Args, function: &Function) -> Shape {
    let Function { sig, body, .. } = function;
    if sig.asyncness.is_some() {
        return Shape::Async;
    }
    if let Some(body) = AsyncTrait::new(sig, body) {
        return Shape::AsyncTrait(body);
    }
    let ty = match &sig.output {
        ReturnType::Type(_, ty) if args.call_only.keyword().is_none() => ty,
        _ => return Shape::Sync,
    };
    match Future::new(ty).or_else(|| args.future.keyword().map(|_| Future::Boxed(None))) {
        Some(opaque @ Future::Opaque(_)) => Shape::Returns(opaque, None),
        Some(boxed) => Shape::Returns(boxed, Boxing::new(body).map(Box::new)),
        None => {
            if let Some(lasting) = signature::outlives_the_span(ty) {
                cx.error(lasting, OUTLIVES_THE_SPAN);
            }
            Shape::Sync
        }
    }
}

const OUTLIVES_THE_SPAN: &str = "the span would end before this: put `#[traced]` on the function that creates the future, or the future in a span \
     with `in_span`; if the span should cover only the call, write `call_only`";

fn misplaced(cx: &Ctxt, args: &Args, function: &Function, shape: &Shape) {
    let is_async = matches!(shape, Shape::Async | Shape::AsyncTrait(_));
    if let (Some(word), true) = (args.call_only.keyword(), is_async) {
        let message = "`call_only` applies to a function that returns a future: the call of an \
                       `async fn` does not run its body";
        cx.error(word, message);
    }
    let returns_nothing = matches!(function.sig.output, ReturnType::Default);
    if let (Some(word), true) = (args.future.keyword(), is_async || returns_nothing) {
        let message = "`future` applies to a function that is not `async` and returns an alias of a \
                       boxed future";
        cx.error(word, message);
    }
    if let (Some(word), false) = (args.boxed.keyword(), matches!(shape, Shape::Async)) {
        cx.error(
            word,
            "`boxed` applies to the future of an `async fn` that no other macro has boxed",
        );
    }
}

/// The name of the span: a literal is the name of the call site, and any other expression is evaluated for each call.
fn name(cx: &Ctxt, written: Expr, own_name: LitStr) -> (LitStr, Option<Expr>) {
    match written {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
            if text.value().is_empty() {
                cx.error(&text, "a span needs a name, and this one is empty");
            }
            (text, None)
        }
        computed => (own_name, Some(computed)),
    }
}

fn span_kind(cx: &Ctxt, written: &Expr) -> Option<&'static str> {
    parse_word(cx, "kind", written, &KINDS)
}

fn span_level(cx: &Ctxt, written: &Expr) -> Option<&'static str> {
    parse_word(cx, "level", written, &LEVELS)
}

fn parse_word(
    cx: &Ctxt,
    what: &str,
    written: &Expr,
    accepted: &[(&'static str, &'static str); 5],
) -> Option<&'static str> {
    let words = accepted.map(|(word, _)| word);
    let Expr::Path(path) = written else {
        let words = words::one_of(&words);
        cx.error(written, format_args!("a span's {what} must be {words}"));
        return None;
    };
    let found = path.path.get_ident();
    let known = found.and_then(|found| accepted.iter().find(|(word, _)| found == word));
    if known.is_none() {
        let found = path.to_token_stream().to_string().replace(' ', "");
        cx.error(written, words::unknown(what, &found, words));
    }
    known.map(|(_, variant)| *variant)
}

/// Checks `error_if`, which the runtime calls with the returned value alone.
fn check_error_if(cx: &Ctxt, value: &Expr) {
    let usage = symbol::ERROR_IF.usage;
    let closure = match value {
        Expr::Path(_) => return,
        Expr::Closure(closure) => closure,
        _ => {
            let message = format!("expected a closure or the path of a function, as in `{usage}`");
            return cx.error(value, message);
        }
    };
    let (begin, inputs, end) = (&closure.inputs_begin, &closure.inputs, &closure.inputs_end);
    if inputs.len() != 1 {
        let found = inputs.len();
        let message = format!(
            "this closure takes {found} arguments, but `error_if` gives it one, a reference to what \
             was returned, as in `{usage}`"
        );
        cx.error(quote!(#begin #inputs #end), message);
    }
}

/// Checks the parent: the type of a plain `None` would be unknown.
fn check_parent(cx: &Ctxt, value: &Expr) {
    if matches!(value, Expr::Path(path) if path.path.is_ident("None")) {
        let message = "this leaves the current span as the parent: for a span without a parent write \
                       `root`";
        cx.error(value, message);
    }
}

/// Reports a `return` or an `await` in an expression that is evaluated before the body, one error for each value.
fn check_exits(cx: &Ctxt, args: &Args, records: &[Record]) {
    let others = [args.name.get(), args.parent.get(), args.links.get(), args.floe_attributes.get()];
    let values = records.iter().map(|record| &record.value);
    for word in values.chain(others.into_iter().flatten()).filter_map(tokens::find_exit) {
        let what = if word == "return" { "leave the function" } else { "wait" };
        let message = format!(
            "expected a value, found `{word}`: this is evaluated before the body, and cannot {what}"
        );
        cx.error(word, message);
    }
}

/// Checks that a name without a key names an argument, because a typo could refer to another variable.
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

fn warnings(records: &[Record], function: &Function) -> TokenStream {
    let keys = Keys::new();
    // The name of an argument is not a key that the user chose.
    for record in records.iter().filter(|record| record.shorthand.is_none()) {
        let is_text = !matches!(record.format, Format::Typed);
        match &record.key {
            Key::Text(key) => {
                keys.key(key);
                keys.value(key, &record.value, is_text);
            }
            Key::Const(_) => {}
        }
    }
    keys.calls(function.body.stream());
    keys.into_warnings()
}

fn owned(attrs: &[&Attribute]) -> Vec<Attribute> {
    attrs.iter().copied().cloned().collect()
}

pub(super) fn check_block(cx: &Ctxt, args: &Args, block: Option<&Block>) {
    if let (Some(word), Some(block)) = (args.boxed.keyword(), block)
        && !block.has_async_fn()
    {
        let message = "`boxed` applies to an `async fn`, and this block has none, or `#[async_trait]` \
                       boxes them already";
        cx.error(word, message);
    }
    if let Some(word) = args.name.keyword() {
        let message =
            "`name` applies to one function: the spans of a block are named `Type::method`";
        cx.error(word, message);
    }
    if let Some(word) = args.future.keyword() {
        cx.error(word, "`future` applies to one function: write it on the method");
    }
    if let Some(kind) = args.kind.get() {
        span_kind(cx, kind);
    }
    if let Some(level) = args.level.get() {
        span_level(cx, level);
    }
}

fn several(written: Expr) -> Vec<Expr> {
    match written {
        Expr::Tuple(tuple) => tuple.elems.into_iter().collect(),
        one => vec![one],
    }
}

/// The elements, each of which is borrowed separately.
fn each_of(written: Expr) -> Vec<Expr> {
    match written {
        Expr::Array(array) => array.elems.into_iter().collect(),
        one => vec![one],
    }
}
