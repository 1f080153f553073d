//! [`Args`] and the signature into [`Traced`]: everything that can be wrong is found here.

use quote::ToTokens;
use syn::{Expr, ExprLit, Lit, LitStr, ext::IdentExt};

use super::{
    args::Args,
    arguments,
    attributes_fn::AttributesFn,
    checks,
    item::Function,
    output::Output,
    record::Record,
    returned::{AsyncTrait, Returned, What},
    secrets,
};
use crate::{ctxt::Ctxt, krate::Krate, words};

/// A function with all that its span needs, of which nothing can be wrong any more.
pub(super) struct Traced<'a> {
    pub(super) krate: Krate,
    pub(super) function: &'a Function,
    /// What the call site is called.
    pub(super) name: LitStr,
    /// What this call is called, when that is only known at run time.
    pub(super) computed_name: Option<Expr>,
    /// The name of the instrumentation scope, if it is not that of the crate.
    pub(super) tracer: Option<Expr>,
    /// A variant of the runtime's `Level`, if it is not the default.
    pub(super) level: Option<&'static str>,
    /// A variant of the runtime's `SpanKind`.
    pub(super) kind: &'static str,
    pub(super) parent: Parent,
    pub(super) links: Vec<Expr>,
    pub(super) error_if: Option<Expr>,
    pub(super) metrics: bool,
    pub(super) boxed: bool,
    /// The span ends with the call, whatever that returns.
    pub(super) call_only: bool,
    pub(super) floe_attributes: Vec<Expr>,
    pub(super) records: Vec<Record>,
    pub(super) attributes_fn: Option<AttributesFn<'a>>,
    pub(super) output: Output,
    pub(super) shape: Shape,
}

/// What the span is below of.
pub(super) enum Parent {
    Current,
    Given(Expr),
    Nothing,
}

/// What the body is, and so how long the span is.
pub(super) enum Shape {
    /// Over when the function returns.
    Sync,
    /// An `async fn`.
    Async,
    /// What `#[async_trait]` made of one.
    AsyncTrait(AsyncTrait),
    /// A function that returns a future or a stream.
    Returns(Returned),
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
    pub(super) fn new(cx: &Ctxt, args: Args, function: &'a Function) -> Self {
        let call_only = args.call_only.is_some();
        let shape = shape(function, call_only);
        misplaced(cx, &args, &shape);
        if !call_only {
            checks::returned(cx, &function.sig, &shape);
        }
        let arguments = arguments::of(&function.sig);
        let mut records = args.attributes;
        checks::shorthands(cx, &mut records, &arguments);
        checks::duplicates(cx, &records);
        let aliases = secrets::aliases(&arguments);
        secrets::in_records(cx, &records, &aliases);
        if let Some((_, name)) = &args.name {
            secrets::in_name(cx, name, &aliases);
        }
        let ident = &function.sig.ident;
        let own_name = LitStr::new(&ident.unraw().to_string(), ident.span());
        let (name, computed_name) = match args.name {
            None => (own_name, None),
            Some((_, written)) => name(cx, written, own_name),
        };
        Self {
            krate: Krate::new(args.krate),
            function,
            name,
            computed_name,
            tracer: args
                .tracer
                .inspect(|value| checks::tracer(cx, value, &arguments)),
            level: args.level.and_then(|level| span_level(cx, &level)),
            kind: args
                .kind
                .and_then(|kind| span_kind(cx, &kind))
                .unwrap_or("Internal"),
            parent: match args.parent {
                Some(parent) => Parent::Given(parent),
                None if args.root => Parent::Nothing,
                None => Parent::Current,
            },
            links: args.links.map_or_else(Vec::new, checks::each_of),
            error_if: args
                .error_if
                .map(|(_, value)| value)
                .inspect(|value| checks::error_if(cx, value, &arguments)),
            metrics: args.metrics,
            boxed: args.boxed.is_some(),
            call_only,
            floe_attributes: args
                .floe_attributes
                .map_or_else(Vec::new, |it| checks::several(cx, it)),
            records,
            attributes_fn: args
                .attributes_fn
                .and_then(|value| AttributesFn::new(cx, value, arguments))
                .inspect(|it| secrets::in_attributes_fn(cx, it)),
            output: Output::new(&function.sig.output),
            shape,
        }
    }

    /// Whether the function must remain an `async fn`: another macro below may look for the word, and
    /// `#[must_use]` is about what is awaited.
    pub(super) fn stays_async(&self) -> bool {
        self.function.has_other_macros() || self.function.must_use()
    }

    /// Whether there is nothing to look at when the body is through, which spares the compiler work.
    pub(super) fn returns_nothing(&self) -> bool {
        matches!(self.output, Output::Unit)
            && self.error_if.is_none()
            && matches!(self.shape, Shape::Sync | Shape::Async)
    }

    /// Whether only the type of what is returned can say how long the span is.
    pub(super) fn may_live_on(&self) -> bool {
        !self.call_only && self.output.may_live_on()
    }

    /// Whether the span is opened with nothing but its call site.
    pub(super) fn is_plain(&self) -> bool {
        !self.fills() && matches!(self.parent, Parent::Current)
    }

    /// Whether there is anything to say about the span before the body runs.
    pub(super) fn fills(&self) -> bool {
        self.computed_name.is_some()
            || !self.links.is_empty()
            || !self.floe_attributes.is_empty()
            || !self.records.is_empty()
            || self.attributes_fn.is_some()
    }
}

fn shape(function: &Function, call_only: bool) -> Shape {
    let Function { sig, body, .. } = function;
    if sig.asyncness.is_some() {
        return Shape::Async;
    }
    let returned = Returned::new(sig).filter(|_| !call_only);
    match (AsyncTrait::new(sig, body), returned) {
        (Some(body), _) => Shape::AsyncTrait(body),
        (None, Some(returned)) => Shape::Returns(returned),
        (None, None) => Shape::Sync,
    }
}

/// Arguments that can do nothing for a function like this.
fn misplaced(cx: &Ctxt, args: &Args, shape: &Shape) {
    if let (Some((word, _)), Shape::Returns(returned)) = (&args.error_if, shape)
        && matches!(returned.what, What::Stream)
    {
        let message = "`error_if` is about what was returned, and nothing is when a stream ends: \
                       set the status in the stream";
        cx.error(word, message);
    }
    if let (Some(word), Shape::Async | Shape::AsyncTrait(_)) = (&args.call_only, shape) {
        let message = "`call_only` is about a function that returns a future: the call of an `async \
                       fn` runs nothing of it";
        cx.error(word, message);
    }
    let Some(word) = &args.boxed else { return };
    match shape {
        Shape::Async => {}
        Shape::Sync => cx.error(
            word,
            "`boxed` is about the future of an `async fn`, which this is not",
        ),
        Shape::AsyncTrait(_) => cx.error(
            word,
            "`boxed` does nothing here: `#[async_trait]` has boxed the future",
        ),
        Shape::Returns(_) => cx.error(
            word,
            "`boxed` is about an `async fn`, and this function makes what it returns by itself",
        ),
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

/// The variant of the kind that is written.
pub(super) fn span_kind(cx: &Ctxt, written: &Expr) -> Option<&'static str> {
    one_of(cx, "kind", written, &KINDS)
}

/// The variant of the level that is written.
pub(super) fn span_level(cx: &Ctxt, written: &Expr) -> Option<&'static str> {
    one_of(cx, "level", written, &LEVELS)
}

fn one_of(
    cx: &Ctxt,
    what: &str,
    written: &Expr,
    accepted: &[(&'static str, &'static str); 5],
) -> Option<&'static str> {
    let words = accepted.map(|(word, _)| word);
    let Expr::Path(path) = written else {
        let words = words::list(&words);
        cx.error(
            written,
            format_args!("a span's {what} is one of the words {words}"),
        );
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
