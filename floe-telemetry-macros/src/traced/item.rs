//! The function under the attribute: its signature as syntax, its body as the tokens that were written.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::{
    AttrStyle, Attribute, Meta, Signature, Token, Visibility,
    parse::{ParseStream, Parser},
};

use crate::{ctxt::Ctxt, tokens};

/// Attributes of the language that can be on a function.
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

/// Attributes that begin with one of these are for a tool and expand to nothing.
const TOOLS: &[&str] = &["clippy", "diagnostic", "miri", "rustfmt"];

/// A function or method with a body.
pub(super) struct Function {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) sig: Signature,
    /// In the user's braces, and perhaps not even valid Rust yet.
    pub(super) body: Group,
}

impl Function {
    /// `None` is always with an error.
    pub(super) fn parse(cx: &Ctxt, item: TokenStream) -> Option<Self> {
        let function = Self::read
            .parse2(item)
            .map_err(|error| cx.syn(error))
            .ok()?;
        if let Some(token) = &function.sig.constness {
            let message = "`#[traced]` cannot be on a `const fn`: recording a span is no constant \
                           evaluation";
            cx.error(token, message);
        }
        Some(function)
    }

    /// Whether an attribute is left that the compiler does not know, and that is so another macro.
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

    /// Whether a result is not to be ignored, which for an `async fn` is that of its future.
    pub(super) fn must_use(&self) -> bool {
        self.attrs.iter().any(|attr| match &attr.meta {
            Meta::List(list) if attr.path().is_ident("cfg_attr") => {
                tokens::any_ident(&list.tokens, |word| word == "must_use")
            }
            _ => attr.path().is_ident("must_use"),
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
        attrs.iter_mut().for_each(expect_no_more_than_can_be);
        Ok(Self {
            attrs,
            vis,
            sig,
            body,
        })
    }
}

/// `expect` becomes `allow` where it names lints of clippy, or of the compiler, that look at a body or
/// for the word `async`: the body is elsewhere, and what they do not find there is no mistake of the
/// user's.
fn expect_no_more_than_can_be(attr: &mut Attribute) {
    const BLIND: [&str; 3] = ["clippy", "async_fn_in_trait", "unconditional_recursion"];
    let Meta::List(list) = &mut attr.meta else {
        return;
    };
    if !tokens::any_ident(&list.tokens, |word| BLIND.iter().any(|lint| word == lint)) {
        return;
    }
    let allow = |word: Ident| {
        if word == "expect" {
            Ident::new("allow", word.span())
        } else {
            word
        }
    };
    if list.path.is_ident("cfg_attr") {
        let trees = std::mem::take(&mut list.tokens).into_iter();
        let trees = trees.map(|tree| match tree {
            TokenTree::Ident(word) => allow(word).into(),
            other => other,
        });
        list.tokens = trees.collect();
    } else if let Some(word) = list.path.get_ident() {
        list.path = allow(word.clone()).into();
    }
}

/// Whether qualifiers of a function and `fn` are next.
pub(super) fn is_function(input: ParseStream<'_>) -> syn::Result<bool> {
    let ahead = input.fork();
    let qualifier = ["const", "async", "unsafe", "extern", "safe"];
    while ahead
        .cursor()
        .ident()
        .is_some_and(|(ident, _)| qualifier.iter().any(|q| ident == q))
    {
        ahead.parse::<TokenTree>()?;
        ahead.parse::<Option<syn::LitStr>>()?;
    }
    Ok(ahead.peek(Token![fn]))
}

/// ErrorView what the attribute is for, on the first word of what it is not for.
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

/// A body that a macro passed on as `$body:block` comes in an invisible group.
fn braces(tree: TokenTree) -> syn::Result<Group> {
    let TokenTree::Group(group) = tree else {
        return Err(syn::Error::new(
            tree.span(),
            "expected the function's body in braces",
        ));
    };
    match group.delimiter() {
        Delimiter::Brace => Ok(group),
        Delimiter::None => match group.stream().into_iter().next() {
            Some(inner) => braces(inner),
            None => Err(syn::Error::new(
                group.span(),
                "expected the function's body in braces",
            )),
        },
        _ => Err(syn::Error::new(
            group.span(),
            "expected the function's body in braces",
        )),
    }
}

/// `#![…]` is about the function, so it moves there; a body without any stays the very same token.
fn split_inner(body: Group) -> (Vec<Attribute>, Group) {
    let split = |input: ParseStream<'_>| {
        Ok((
            input.call(Attribute::parse_inner)?,
            input.parse::<TokenStream>()?,
        ))
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
