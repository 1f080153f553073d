//! The annotated function: its signature as syntax, its body as tokens.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{
    AttrStyle, Attribute, FnArg, ReturnType, Signature, Token, Type, Visibility,
    parse::{ParseStream, Parser},
};

use super::signature;
use crate::{ctxt::Ctxt, tokens};

const BUILT_IN: &[&str] = &[
    "allow",
    "cfg",
    "cfg_attr",
    "cold",
    "coverage",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "export_name",
    "forbid",
    "inline",
    "link_section",
    "must_use",
    "no_mangle",
    "optimize",
    "target_feature",
    "track_caller",
    "unsafe",
    "warn",
];

/// Prefixes of attributes that belong to a tool and do not expand.
const TOOLS: &[&str] = &["clippy", "diagnostic", "miri", "rustfmt"];

pub(super) struct Function {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) sig: Signature,
    /// The body with the user's braces. It may be incomplete.
    pub(super) body: Group,
}

impl Function {
    /// Returns `None` after a syntax error, and for values without a known size, which the compiler reports.
    pub(super) fn parse(cx: &Ctxt, item: TokenStream) -> Option<Self> {
        let function = Self::read.parse2(item).map_err(|error| cx.syn(error)).ok()?;
        if function.has_unsized_values() {
            return None;
        }
        if let Some(token) = &function.sig.constness {
            let message = "`#[traced]` cannot be on a `const fn`: a span cannot be recorded in a \
                           constant evaluation";
            cx.error(token, message);
        }
        if let Some(attr) = function.attrs.iter().find(|attr| is_naked(attr)) {
            let message = "`#[traced]` cannot be on a naked function: its body is assembly, and a span needs code \
                           around it";
            cx.error(attr, message);
        }
        if let Some(attr) = function.attrs.iter().find(|attr| tracks_caller(attr)) {
            let message = "`#[traced]` cannot be on a `#[track_caller]` function: the body runs in a closure, so \
                           `Location::caller()` would be a place in the body. Trace a function that this one calls, \
                           and pass it the location";
            cx.error(attr, message);
        }
        Some(function)
    }

    /// Whether the signature can only be in an `impl` block or a trait.
    pub(super) fn is_method(&self) -> bool {
        self.sig.receiver().is_some() || tokens::has_word(&self.sig, &["Self"])
    }

    /// Whether the function can only be in an `impl` block or a trait.
    pub(super) fn is_in_block(&self) -> bool {
        self.is_method() || tokens::has_word(&self.body, &["Self"])
    }

    /// Whether an attribute is not built in and is therefore another macro.
    pub(super) fn has_other_macros(&self) -> bool {
        self.attrs.iter().any(|attr| {
            let path = attr.path();
            let tool = path.segments.first().filter(|_| path.segments.len() > 1);
            match (path.get_ident(), tool) {
                (Some(word), _) => !BUILT_IN.iter().any(|known| word == known),
                (None, Some(tool)) => !TOOLS.iter().any(|known| tool.ident == known),
                (None, None) => true,
            }
        })
    }

    /// Whether the function has `#[must_use]`, which applies to the output of an `async fn`.
    pub(super) fn must_use(&self) -> bool {
        self.attrs.iter().any(|attr| tokens::is_named(attr, &["must_use"]))
    }

    fn has_unsized_values(&self) -> bool {
        let inputs = self.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Receiver(_) => None,
            FnArg::Typed(typed) => Some(&typed.ty),
        });
        let output = match &self.sig.output {
            ReturnType::Type(_, ty) => Some(ty),
            ReturnType::Default => None,
        };
        inputs.chain(output).any(|ty| match signature::bare(ty) {
            Type::Slice(_) | Type::TraitObject(_) => true,
            Type::Path(path) => path.path.is_ident("str"),
            _ => false,
        })
    }

    /// Whether an argument is an `impl Trait` that may have an elided lifetime, as in `impl Iterator<Item = &str>`.
    pub(super) fn elides_lifetimes(&self) -> bool {
        self.sig.inputs.iter().any(|input| match input {
            FnArg::Receiver(_) => false,
            FnArg::Typed(typed) => {
                tokens::has_word(&typed.ty, &["impl"])
                    && (tokens::any_punct(&typed.ty, '&') || tokens::has_word(&typed.ty, &["_"]))
            }
        })
    }

    fn read(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        expect_function(input)?;
        let sig: Signature = input.parse()?;
        if input.peek(Token![;]) {
            return Err(input.error(
                "`#[traced]` needs a body to measure: put it on the method of each `impl`, or on a \
                 default body",
            ));
        }
        let body = braces(input.parse()?)?;
        input.parse::<TokenStream>()?;
        let (inner, body) = split_inner(body);
        attrs.extend(inner);
        Ok(Self { attrs, vis, sig, body })
    }
}

pub(super) fn is_naked(attr: &Attribute) -> bool {
    tokens::is_named(attr, &["naked"])
}

pub(super) fn tracks_caller(attr: &Attribute) -> bool {
    tokens::is_named(attr, &["track_caller"])
}

pub(super) fn is_function(input: ParseStream<'_>) -> syn::Result<bool> {
    let ahead = input.fork();
    let qualifier = ["const", "async", "unsafe", "extern", "safe"];
    while ahead.cursor().ident().is_some_and(|(ident, _)| qualifier.iter().any(|q| ident == q)) {
        ahead.parse::<TokenTree>()?;
        ahead.parse::<Option<syn::LitStr>>()?;
    }
    Ok(ahead.peek(Token![fn]))
}

fn expect_function(input: ParseStream<'_>) -> syn::Result<()> {
    if is_function(input)? {
        return Ok(());
    }
    let word = input.cursor().ident().map(|(ident, _)| ident.to_string());
    let found = match word {
        Some(word) => format!("`{word}`"),
        None => "something else".to_owned(),
    };
    let message = "but `#[traced]` is for a function or method with a body, or for an `impl` \
                   block";
    Err(input.error(format_args!("found {found}, {message}")))
}

/// Returns the body without the invisible group in which a macro passes `$body:block`.
fn braces(tree: TokenTree) -> syn::Result<Group> {
    let other = syn::Error::new(tree.span(), "expected the function's body in braces");
    let TokenTree::Group(group) = tree else {
        return Err(other);
    };
    match group.delimiter() {
        Delimiter::Brace => Ok(group),
        Delimiter::None => group.stream().into_iter().next().map_or(Err(other), braces),
        _ => Err(other),
    }
}

/// Moves the attributes `#![…]` of the body to the function. A body without them is not parsed, which would be a
/// twentieth of the macro's work, and stays the same token.
fn split_inner(body: Group) -> (Vec<Attribute>, Group) {
    let first = body.stream().into_iter().next();
    if !matches!(first, Some(TokenTree::Punct(hash)) if hash.as_char() == '#') {
        return (Vec::new(), body);
    }
    let split = |input: ParseStream<'_>| {
        Ok((input.call(Attribute::parse_inner)?, input.parse::<TokenStream>()?))
    };
    match split.parse2(body.stream()) {
        Ok((mut attrs, rest)) if !attrs.is_empty() => {
            for attr in &mut attrs {
                attr.style = AttrStyle::Outer;
            }
            let mut without = Group::new(Delimiter::Brace, rest);
            without.set_span(body.span());
            (attrs, without)
        }
        _ => (Vec::new(), body),
    }
}
