//! Converts the arguments and the signature to [`Traced`], and performs all checks.

use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, ReturnType, Signature, Type, ext::IdentExt};

use super::{
    arguments::{self, Argument},
    attributes_fn::{self, AttributesFn},
    block::Block,
    boxing::{self, AsyncTrait, Boxing},
    item::Function,
    secrets,
    signature::{self, Asked, Future, Output, Parameters},
};
use crate::{
    ctxt::Ctxt,
    given::{Given, Returned},
    krate::Krate,
    record::{Format, Key, Record},
    semconv::Keys,
    symbol::{self, Symbol},
    tokens, words,
};

pub(super) struct Traced<'a> {
    pub(super) krate: Krate,
    pub(super) function: &'a Function,
    pub(super) of_type: Option<String>,
    /// The type parameters of the block around the method that need not be `'static`; `None` if the block lacks the
    /// attribute.
    of_block: Option<Vec<String>>,
    pub(super) name: LitStr,
    pub(super) computed_name: Option<Expr>,
    /// The tracer; `None` for the scope of the crate.
    pub(super) tracer: Option<Expr>,
    /// The variant of the runtime's `Level`; `None` for the default.
    pub(super) level: Option<Ident>,
    pub(super) kind: Ident,
    pub(super) parent: Parent,
    pub(super) links: Vec<Expr>,
    pub(super) error_if: Option<Expr>,
    pub(super) ret: Option<Returned>,
    pub(super) metrics: bool,
    pub(super) boxed: bool,
    pub(super) floe_attributes: Vec<Expr>,
    pub(super) records: Vec<Record>,
    pub(super) attributes_fn: Option<AttributesFn<'a>>,
    pub(super) warnings: TokenStream,
    pub(super) output: Output,
    pub(super) shape: Shape,
    pub(super) asked: Asked<'a>,
    /// Whether the program asserts that the output of a boxed future lives as long as the box.
    pub(super) is_bounded: bool,
}

pub(super) enum Parent {
    Current,
    Given(Expr),
    Nothing,
}

/// The kind of a function, which determines what the span covers.
pub(super) enum Shape {
    Sync,
    Async,
    AsyncTrait(AsyncTrait),
    /// A function that returns a future, with the body if it puts the future into a box.
    Returns(Future, Option<Box<Boxing>>),
}

/// A boxed future whose output contains a type parameter that need not be `'static`.
pub(super) enum Unbounded {
    Declared,
    /// A capital letter may be a parameter of the block, which is out of reach.
    Possible,
}

const KINDS: [&str; 5] = ["internal", "server", "client", "producer", "consumer"];
const LEVELS: [&str; 5] = ["trace", "debug", "info", "warn", "error"];

impl<'a> Traced<'a> {
    pub(super) fn new(cx: &Ctxt, mut args: Given, function: &'a Function) -> Self {
        let shape = shape(cx, &args, function);
        misplaced(cx, &args, function, &shape);
        let arguments = arguments::of(&function.sig);
        let mut records = args.take_records();
        check_exits(cx, &args, &records);
        check_shorthands(cx, &mut records, &arguments);
        let keys = records.iter().filter_map(|record| match &record.key {
            Key::Text(key) => Some(key),
            Key::Const(_) => None,
        });
        words::check_twice(cx, "attribute", keys);
        check_secrets(cx, &args, &records, &arguments);
        let krate = Krate::new(args.path().cloned());
        let block = args.text(symbol::OF_TYPE).map(LitStr::value).unwrap_or_default();
        let ident = &function.sig.ident;
        let own_name = LitStr::new(&ident.unraw().to_string(), ident.span());
        let value = |symbol| args.expr(symbol).cloned();
        let mut of_block = block.split(' ').map(str::to_owned);
        let of_type = of_block.next().filter(|it| !it.is_empty());
        let is_out_of_reach = block.is_empty() && function.is_in_block();
        let asked = asked(&args, function, &shape, &arguments, of_type.as_deref());
        let (name, computed_name) = match value(symbol::NAME) {
            None => (own_name, None),
            Some(written) => name(cx, written, own_name),
        };
        let warnings = warnings(&name, &records, &arguments, function, block.is_empty());
        Self {
            krate,
            function,
            of_type,
            of_block: (!is_out_of_reach).then(|| of_block.collect()),
            name,
            computed_name,
            tracer: value(symbol::TRACER).inspect(|tracer| {
                check_empty(cx, tracer, "a tracer needs a name, and this one is empty");
            }),
            level: variant_of(cx, &args, symbol::LEVEL, LEVELS),
            kind: variant_of(cx, &args, symbol::KIND, KINDS).unwrap_or_else(|| variant(KINDS[0])),
            parent: match value(symbol::PARENT).inspect(|parent| check_parent(cx, &args, parent)) {
                Some(parent) => Parent::Given(parent),
                None if args.has(symbol::ROOT) => Parent::Nothing,
                None => Parent::Current,
            },
            links: value(symbol::LINKS).map_or_else(Vec::new, elements),
            error_if: value(symbol::ERROR_IF)
                .inspect(|value| check_outcome(cx, symbol::ERROR_IF, value)),
            ret: args.returned().inspect(|ret| check_ret(cx, ret, &function.sig.ident)),
            metrics: args.has(symbol::METRICS),
            boxed: args.has(symbol::BOXED),
            floe_attributes: value(symbol::FLOE_ATTRIBUTES).map_or_else(Vec::new, elements),
            records,
            warnings,
            attributes_fn: value(symbol::ATTRIBUTES_FN)
                .and_then(|value| AttributesFn::new(cx, value, arguments))
                .inspect(|it| secrets::in_attributes_fn(cx, it)),
            output: output(&function.sig, &shape),
            shape,
            asked,
            is_bounded: args.has(symbol::FUTURE),
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

    /// Returns the user's body. If it puts a future into a box, its last expression is the content of the box.
    pub(super) fn body(&self) -> &Group {
        match &self.shape {
            Shape::Returns(_, Some(boxing)) => &boxing.body,
            _ => &self.function.body,
        }
    }

    /// Whether the function, or its future, returns a `Result` whose error seems to contain a type that need not be
    /// `'static`.
    pub(super) fn has_error_of_parameter(&self) -> bool {
        let ty = match (&self.output, &self.shape) {
            (_, Shape::Returns(future, _)) => future.promised().map(|it| &*it.ty),
            (Output::Type(ty) | Output::Erased(ty), _) => Some(&**ty),
            _ => None,
        };
        ty.is_some_and(|ty| signature::has_error_of_parameter(ty, &self.parameters()))
    }

    /// Whether the function may return a boxed future whose output need not live as long as the box.
    pub(super) fn returns_unbounded(&self) -> Option<Unbounded> {
        let ReturnType::Type(_, ty) = &self.function.sig.output else {
            return None;
        };

        let possible = self.parameters();
        let declared = Parameters { of_block: possible.of_block.or(Some(&[])), ..possible };
        if signature::is_unbounded(ty, &declared) {
            return Some(Unbounded::Declared);
        }
        signature::is_unbounded(ty, &possible).then_some(Unbounded::Possible)
    }

    fn parameters(&self) -> Parameters<'_> {
        let generics = &self.function.sig.generics;
        Parameters { generics, of_block: self.of_block.as_deref() }
    }

    /// Whether the function returns nothing and has no `error_if`, so that every return is a success.
    pub(super) fn returns_nothing(&self) -> bool {
        matches!(self.output, Output::Unit) && self.is_by_type()
    }

    /// Whether the type of the returned value, or of a future's output, tells the outcome.
    pub(super) fn is_by_type(&self) -> bool {
        self.error_if.is_none()
            && self.ret.is_none()
            && matches!(self.shape, Shape::Sync | Shape::Async)
    }

    /// Returns the type that the compiler is asked about, if it can be written outside the signature. `future` and the
    /// output of a boxed future are asked about by the value.
    pub(super) fn type_of_kind(&self) -> Option<&Type> {
        let is_asked = self.asked.value && self.is_by_type() && !self.is_bounded;
        match &self.output {
            Output::Type(ty) if is_asked && self.returns_unbounded().is_none() => Some(&**ty),
            _ => None,
        }
    }

    /// Whether the call site alone is enough to open the span.
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

/// Returns the type of the body, which is opaque inside a box.
fn output(sig: &Signature, shape: &Shape) -> Output {
    match shape {
        Shape::Returns(_, Some(_)) => Output::Opaque,
        _ => Output::new(&sig.output),
    }
}

/// Determines what the span covers: a future or stream that the signature or `future` declares, unless `call_only` is
/// set, or else the call.
fn shape(cx: &Ctxt, args: &Given, function: &Function) -> Shape {
    let Function { sig, body, .. } = function;
    if sig.asyncness.is_some() {
        return Shape::Async;
    }
    if let Some(body) = AsyncTrait::new(sig, body) {
        return Shape::AsyncTrait(body);
    }
    let ty = match &sig.output {
        ReturnType::Type(_, ty) if !args.has(symbol::CALL_ONLY) => ty,
        _ => return Shape::Sync,
    };
    let boxing = Boxing::new(body).map(Box::new);
    match Future::new(ty) {
        Some(opaque @ Future::Opaque(_)) => return Shape::Returns(opaque, None),
        Some(boxed) => return Shape::Returns(boxed, boxing),
        None if args.has(symbol::FUTURE) => return Shape::Returns(Future::Boxed(None), boxing),
        None => {}
    }
    if let Some(lasting) = signature::outlives_the_span(ty) {
        cx.error(lasting, OUTLIVES_THE_SPAN);
        return Shape::Sync;
    }
    match boxing.filter(|it| signature::pinned(ty).is_none() && it.is_asked) {
        Some(boxing) => Shape::Returns(Future::Boxed(None), Some(boxing)),
        None => Shape::Sync,
    }
}

/// Returns what the compiler is asked about the type of a returned value, unless the function only hands out a field.
fn asked<'a>(
    args: &Given,
    function: &'a Function,
    shape: &Shape,
    arguments: &[Argument<'_>],
    of_type: Option<&str>,
) -> Asked<'a> {
    // The type of the block is `Self` under its name. Behind a path it may be another type.
    let is_self = |ty: &Type| match ty {
        Type::Path(path) if path.path.segments.len() == 1 => {
            of_type.is_some_and(|name| signature::is_named(ty, name))
        }
        _ => false,
    };
    match (&function.sig.output, shape) {
        (ReturnType::Type(_, ty), Shape::Sync)
            if !args.has(symbol::CALL_ONLY)
                && !is_self(ty)
                && !boxing::returns_argument(&function.body, arguments) =>
        {
            Asked::new(ty)
        }
        _ => Asked::default(),
    }
}

const OUTLIVES_THE_SPAN: &str = "this future or stream would outlive the span: put `#[traced]` on the function that creates it, or call its \
     `in_span`; if the span should cover only the call, write `call_only`";

fn misplaced(cx: &Ctxt, args: &Given, function: &Function, shape: &Shape) {
    let is_async = matches!(shape, Shape::Async | Shape::AsyncTrait(_));
    if is_async {
        let message = "`call_only` applies to a function that returns a future: the call of an \
                       `async fn` does not run its body";
        args.refuse(cx, symbol::CALL_ONLY, message);
    }
    if is_async || matches!(function.sig.output, ReturnType::Default) {
        let message = "`future` applies to a function that is not `async` and returns an alias of a \
                       boxed future";
        args.refuse(cx, symbol::FUTURE, message);
    }
    if !matches!(shape, Shape::Async) {
        let message =
            "`boxed` applies to the future of an `async fn` that no other macro has boxed";
        args.refuse(cx, symbol::BOXED, message);
    }
}

/// Returns the name of the call site, and the expression of a name that is evaluated for each call.
fn name(cx: &Ctxt, written: Expr, own_name: LitStr) -> (LitStr, Option<Expr>) {
    check_empty(cx, &written, "a span needs a name, and this one is empty");
    match written {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => (text, None),
        computed => (own_name, Some(computed)),
    }
}

/// Reports a name that is an empty literal, at the literal.
fn check_empty(cx: &Ctxt, written: &Expr, message: &str) {
    if matches!(written, Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value().is_empty())
    {
        cx.error(written, message);
    }
}

/// Returns the variant of the runtime's enum for an argument's word, such as `Client` for `kind = client`.
fn variant_of(cx: &Ctxt, args: &Given, symbol: Symbol, accepted: [&str; 5]) -> Option<Ident> {
    let written = args.expr(symbol)?;
    let found = written.to_token_stream().to_string().replace(' ', "");
    let known = accepted.into_iter().find(|word| found == *word);
    if known.is_none() {
        cx.error(written, words::unknown(symbol.word, &found, accepted));
    }
    known.map(variant)
}

fn variant(word: &str) -> Ident {
    let (first, rest) = word.split_at(1);
    Ident::new(&(first.to_uppercase() + rest), Span::mixed_site())
}

fn check_secrets(cx: &Ctxt, args: &Given, records: &[Record], arguments: &[Argument<'_>]) {
    let aliases = secrets::aliases(arguments);
    secrets::in_records(cx, records, &aliases);
    if let Some(name) = args.expr(symbol::NAME) {
        secrets::in_name(cx, name, &aliases);
    }
}

fn check_ret(cx: &Ctxt, ret: &Returned, function: &Ident) {
    match ret.computed() {
        Some(computed) => {
            check_outcome(cx, symbol::RET, computed);
            secrets::in_computed(cx, computed);
        }
        None => secrets::in_output(cx, function),
    }
}

/// Checks `error_if` or `ret`, which the runtime calls with one argument, a reference to the returned value.
fn check_outcome(cx: &Ctxt, symbol: Symbol, value: &Expr) {
    let usage = symbol.usage;
    let closure = match value {
        Expr::Path(_) => return,
        Expr::Closure(closure) => closure,
        _ => return attributes_fn::expected_function(cx, value, usage),
    };
    let found = closure.inputs.len();
    if found != 1 {
        let message = format!(
            "this closure takes {found} arguments, but `{symbol}` gives it one, a reference to what \
             was returned, as in `{usage}`"
        );
        cx.error(attributes_fn::head(closure), message);
    }
}

/// Refuses a plain `None` as the parent, because its type would be unknown.
fn check_parent(cx: &Ctxt, args: &Given, value: &Expr) {
    if !args.has(symbol::ROOT) && matches!(value, Expr::Path(path) if path.path.is_ident("None")) {
        let message = "this leaves the current span as the parent: for a span without a parent write \
                       `root`";
        cx.error(value, message);
    }
}

/// Reports a `return` or an `await` in an expression that is evaluated before the body, one error for each value.
fn check_exits(cx: &Ctxt, args: &Given, records: &[Record]) {
    let symbols = [symbol::NAME, symbol::PARENT, symbol::LINKS, symbol::FLOE_ATTRIBUTES];
    let others = symbols.into_iter().filter_map(|symbol| args.expr(symbol));
    let values = records.iter().map(|record| &record.value);

    for word in values.chain(others).filter_map(tokens::find_exit) {
        let what = if word == "return" { "leave the function" } else { "wait" };
        let message = format!(
            "expected a value, found `{word}`: this is evaluated before the body, and cannot {what}"
        );
        cx.error(word, message);
    }
}

/// Checks that an entry without a key names an argument, because a misspelled name could be that of another variable.
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
                let known = names.iter().map(String::as_str);
                cx.error(word, match &*names {
                    [] => format!("unknown argument `{word}`, and the function has no parameters to record"),
                    _ => words::unknown("argument", &word.to_string(), known),
                });
            }
        }
    }
}

fn warnings(
    span: &LitStr,
    records: &[Record],
    arguments: &[Argument<'_>],
    function: &Function,
    is_alone: bool,
) -> TokenStream {
    let keys = Keys::new();
    let text = span.value();
    let mut names = arguments.iter().flat_map(Argument::names);
    // By the conventions, the name of a request ends with the template of its route: `GET /orders/{id}`.
    let is_route = text.rsplit(' ').next().is_some_and(|word| word.starts_with('/'));
    if !is_route && names.any(|name| text.contains(&format!("{{{name}}}"))) {
        keys.unformatted(span);
    }
    let name = &function.sig.ident;
    if is_alone && name == "main" && !function.is_method() {
        keys.begins_before_init(name);
    }
    if function.sig.asyncness.is_some()
        && let ReturnType::Type(_, ty) = &function.sig.output
        && let Some(part) = signature::runs_later(ty)
    {
        keys.outlives_span(part);
    }
    // Only keys that the user chose are checked, not the names of arguments.
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

pub(super) fn check_block(cx: &Ctxt, args: &Given, block: Option<&Block>) {
    if block.is_some_and(|block| !block.has_async_fn()) {
        let message = "`boxed` applies to an `async fn`, and this block has none, or `#[async_trait]` \
                       boxes them already";
        args.refuse(cx, symbol::BOXED, message);
    }
    let message = "`name` applies to one function: the spans of a block are named `Type::method`";
    args.refuse(cx, symbol::NAME, message);
    args.refuse(cx, symbol::FUTURE, "`future` applies to one function: write it on the method");
    variant_of(cx, args, symbol::KIND, KINDS);
    variant_of(cx, args, symbol::LEVEL, LEVELS);
}

/// Returns the elements of an array or a tuple, which are borrowed one by one, or the expression as the only element.
fn elements(written: Expr) -> Vec<Expr> {
    match written {
        Expr::Array(array) => array.elems.into_iter().collect(),
        Expr::Tuple(tuple) => tuple.elems.into_iter().collect(),
        one => vec![one],
    }
}
