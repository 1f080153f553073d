//! Checks literal keys of the program against OpenTelemetry's semantic conventions.
//!
//! A mistake is a warning of the compiler at the key or the value, caused by the use of a deprecated macro whose tokens
//! have the span of the mistake. So `allow(deprecated)` applies to it, and a newer table breaks no build that allows
//! warnings. No other lint of stable Rust prints chosen words in its first line, and `#[diagnostic]` changes only
//! errors. For a deprecated function, the compiler would print the whole path, not only the name.

use std::cell::RefCell;

use floe_semconv::{Kind, Problem};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, GenericArgument, Lit, LitStr, PathArguments, Type};

use crate::symbol::{ERROR_IF, KIND, NAME};

pub(crate) struct Keys {
    /// Converts spans, except for a derive, because rustc hides warnings with the spans of its expansion.
    spans: fn(Span) -> Span,
    warnings: RefCell<TokenStream>,
}

impl Keys {
    pub(crate) fn new() -> Self {
        Self { spans: |span| Span::mixed_site().located_at(span), warnings: RefCell::default() }
    }

    pub(crate) fn of_derive() -> Self {
        Self { spans: |span| span, ..Self::new() }
    }

    pub(crate) fn into_warnings(self) -> TokenStream {
        self.warnings.into_inner()
    }

    pub(crate) fn key(&self, key: &LitStr) {
        let text = key.value();
        // A special field of `tracing`, for which `#[traced]` has an argument.
        let argument = match &*text {
            "otel.name" => Some(NAME),
            "otel.kind" => Some(KIND),
            "otel.status_code" | "otel.status_description" | "otel.status_message" => {
                Some(ERROR_IF)
            }
            _ => None,
        };
        if let Some(argument) = argument {
            let usage = argument.usage;
            let note = format!(
                "`{text}` is not an attribute, expected the argument `{usage}` of `#[traced]`"
            );
            self.warn(key, "this_is_not_an_attribute", &note);
        } else if let Some(problem) = floe_semconv::check(&text) {
            self.report(key, &problem);
        }
    }

    /// Warns at the name of a function that begins before any provider exists.
    pub(crate) fn begins_before_init(&self, name: &Ident) {
        let note = "the call of `main` begins before `init`: call `init` in `main`, and put \
                    `#[traced]` on a function that `main` calls after it";
        self.warn(name, "this_span_is_never_recorded", note);
    }

    /// Warns at a future or stream that an `async fn` makes.
    pub(crate) fn outlives_span(&self, part: &Type) {
        let note = "the span of an `async fn` ends with its output: return this future or stream from a function \
                    without `async`, or call its `in_span` in the body and write `#[allow(deprecated)]`";
        self.warn(part, "this_outlives_the_span", note);
    }

    /// Warns at a literal name that looks like a format with an argument of the function.
    pub(crate) fn unformatted(&self, name: &LitStr) {
        let note = format!("a name is plain text, expected `name = format!({:?})`", name.value());
        self.warn(name, "this_name_is_not_formatted", &note);
    }

    /// Checks a value. `is_text` means that it is recorded with `Display` or `Debug`.
    pub(crate) fn value(&self, key: &LitStr, value: &Expr, is_text: bool) {
        let key = &*key.value();
        let kind = match literal(value) {
            Some(Lit::Str(text)) => {
                let text = text.value();
                if let Some(problem) = floe_semconv::check_text(key, &text) {
                    self.report(value, &problem);
                }
                return;
            }
            _ if is_text => Kind::Text,
            Some(Lit::Int(_)) => Kind::Int,
            Some(Lit::Float(_)) => Kind::Double,
            Some(Lit::Bool(_)) => Kind::Bool,
            _ => return,
        };
        self.kind(key, kind, value);
    }

    fn kind(&self, key: &str, kind: Kind, at: &impl ToTokens) {
        if let Some(problem) = floe_semconv::check_kind(key, kind) {
            self.report(at, &problem);
        }
    }

    /// Checks the kind of a field: text if `is_text` is set, else that of its type, if the standard library has it.
    pub(crate) fn field(&self, key: &LitStr, ty: &Type, is_text: bool) {
        let kind = if is_text { Some(Kind::Text) } else { kind_of(ty) };
        if let Some(kind) = kind {
            self.kind(&key.value(), kind, ty);
        }
    }

    /// Checks the keys and literal values in calls of `set_attribute("key", …)` and `.attribute("key", …)`.
    pub(crate) fn calls(&self, tokens: TokenStream) {
        let mut before = [const { None }; 2];
        // Whether the expression contains a name with `span`, because other types have these methods, too.
        let mut is_span = false;
        for tree in tokens {
            match &tree {
                TokenTree::Group(group) => {
                    if is_call(&before, group, is_span) {
                        self.call(group.stream());
                    }
                    self.calls(group.stream());
                }
                TokenTree::Ident(word) => {
                    is_span |= word.to_string().to_lowercase().contains("span");
                }
                TokenTree::Punct(punct) => is_span &= !matches!(punct.as_char(), ';' | ',' | '='),
                TokenTree::Literal(_) => {}
            }
            let [_, last] = before;
            before = [last, Some(tree)];
        }
    }

    fn call(&self, arguments: TokenStream) {
        let mut arguments = arguments.into_iter();
        let (Some(TokenTree::Literal(key)), Some(TokenTree::Punct(comma))) =
            (arguments.next(), arguments.next())
        else {
            return;
        };
        if comma.as_char() == ','
            && let Ok(key) = syn::parse2::<LitStr>(TokenTree::Literal(key).into())
        {
            self.key(&key);
            if let Ok(literal) = syn::parse2::<syn::ExprLit>(arguments.collect()) {
                self.value(&key, &Expr::Lit(literal), false);
            }
        }
    }

    fn report(&self, at: &impl ToTokens, problem: &Problem<'_>) {
        let name = match problem {
            Problem::Deprecated { .. } => "this_key_is_deprecated",
            Problem::Unknown { .. } => "this_key_may_be_misspelled",
            Problem::NoMember { .. } => "this_value_is_unknown",
            Problem::NoKey { .. } => "this_is_not_a_key",
            _ => "this_value_has_another_type",
        };
        self.warn(at, name, &problem.to_string());
    }

    /// Adds a warning of the compiler: "use of deprecated macro", with a sentence as the macro's name, followed by the
    /// note.
    fn warn(&self, at: &impl ToTokens, name: &str, note: &str) {
        let at = (self.spans)(first(at));
        let name = Ident::new(name, at);
        self.warnings.borrow_mut().extend(quote_spanned! {at=>
            #[deprecated(note = #note)]
            macro_rules! #name { () => {} }
            #name!();
        });
    }
}

/// Returns the kind of the values of a type of the standard library.
fn kind_of(ty: &Type) -> Option<Kind> {
    let path = match ty {
        Type::Path(path) => &path.path,
        Type::Reference(reference) => return kind_of(&reference.elem),
        Type::Group(group) => return kind_of(&group.elem),
        Type::Paren(paren) => return kind_of(&paren.elem),
        Type::Slice(slice) => return Some(array_of(kind_of(&slice.elem)?)),
        Type::Array(array) => return Some(array_of(kind_of(&array.elem)?)),
        _ => return None,
    };
    let last = path.segments.last()?;
    let inner = || match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|it| match it {
            GenericArgument::Type(ty) => kind_of(ty),
            _ => None,
        }),
        _ => None,
    };
    match &*last.ident.to_string() {
        "String" | "str" | "char" => Some(Kind::Text),
        "bool" => Some(Kind::Bool),
        "f32" | "f64" => Some(Kind::Double),
        "i8" | "i16" | "i32" | "i64" | "isize" | "u8" | "u16" | "u32" | "u64" | "usize" => {
            Some(Kind::Int)
        }
        "Arc" | "Box" | "Cow" | "Option" | "Rc" => inner(),
        "Vec" => inner().map(array_of),
        _ => None,
    }
}

fn array_of(kind: Kind) -> Kind {
    match kind {
        Kind::Int => Kind::Ints,
        Kind::Double => Kind::Doubles,
        Kind::Bool => Kind::Bools,
        _ => Kind::Texts,
    }
}

fn first(tokens: &impl ToTokens) -> Span {
    let first = tokens.to_token_stream().into_iter().next();
    first.map_or_else(Span::call_site, |first| first.span())
}

fn literal(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(literal) => Some(&literal.lit),
        Expr::Group(group) => literal(&group.expr),
        Expr::Unary(minus) if matches!(minus.op, syn::UnOp::Neg(_)) => literal(&minus.expr),
        _ => None,
    }
}

/// Whether `group` has the arguments of a call that sets an attribute: of a function, or of a method of a span.
fn is_call(before: &[Option<TokenTree>; 2], group: &Group, is_span: bool) -> bool {
    let [lead, Some(TokenTree::Ident(name))] = before else {
        return false;
    };
    let is_method = matches!(lead, Some(TokenTree::Punct(dot)) if dot.as_char() == '.');
    group.delimiter() == Delimiter::Parenthesis
        && (name == "set_attribute" || name == "attribute" && is_method)
        && (is_span || !is_method)
}
