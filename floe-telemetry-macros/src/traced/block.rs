//! `#[traced]` on an `impl` block, which adds the attribute to each of its methods.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Attribute, ImplItem, ItemImpl, Meta, Path, Signature, Token, Type, Visibility,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
};

use super::{
    args::{self, Args},
    item,
};
use crate::{krate::Krate, symbol};

/// An `impl` block with unparsed bodies.
pub(super) struct Block {
    head: TokenStream,
    /// The prefix of the spans' names.
    type_name: String,
    braces: Group,
    async_trait: bool,
    inner: Vec<Attribute>,
    items: Vec<Item>,
}

enum Item {
    Method(Box<Method>),
    Other(TokenStream),
}

/// A function as tokens, with separate attributes.
struct Method {
    attrs: Vec<Attribute>,
    sig: Signature,
    has_body: bool,
    rest: TokenStream,
}

impl Block {
    /// Whether `item` is an `impl` block.
    pub(super) fn is_next(item: &TokenStream) -> bool {
        let mut trees = item.clone().into_iter();
        while let Some(tree) = trees.next() {
            match tree {
                TokenTree::Punct(hash) if hash.as_char() == '#' => drop(trees.next()),
                TokenTree::Ident(word) if word == "default" || word == "unsafe" => {}
                other => return matches!(other, TokenTree::Ident(word) if word == "impl"),
            }
        }
        false
    }

    pub(super) fn parse(item: TokenStream) -> syn::Result<Self> {
        let mut trees: Vec<_> = item.into_iter().collect();
        let braces = match trees.pop() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => group,
            last => {
                let message = "expected an `impl` block with its methods in braces";
                return Err(syn::Error::new_spanned(last, message));
            }
        };
        let head: TokenStream = trees.into_iter().collect();
        let header: ItemImpl = syn::parse2(quote!(#head {}))?;
        let (inner, items) = content.parse2(braces.stream())?;
        Ok(Self {
            head,
            type_name: type_name(&header.self_ty),
            async_trait: header.attrs.iter().any(|attr| is_called(attr, "async_trait")),
            braces,
            inner,
            items,
        })
    }

    pub(super) fn has_async_fn(&self) -> bool {
        !self.async_trait
            && self.items.iter().any(|item| match item {
                Item::Method(method) => method.sig.asyncness.is_some(),
                Item::Other(_) => false,
            })
    }

    /// The block with the attribute on each method, or on none if the arguments are invalid.
    pub(super) fn emit(&self, args: Option<&Args>) -> TokenStream {
        let Self { head, inner, .. } = self;
        let items = self.items.iter().map(|item| match item {
            Item::Other(tokens) => tokens.clone(),
            Item::Method(method) => method.emit(args, &self.type_name),
        });
        let mut braces = Group::new(Delimiter::Brace, quote!(#(#inner)* #(#items)*));
        braces.set_span(self.braces.span());
        quote!(#head #braces)
    }
}

fn content(input: ParseStream<'_>) -> syn::Result<(Vec<Attribute>, Vec<Item>)> {
    let inner = input.call(Attribute::parse_inner)?;
    let mut items = Vec::new();
    while !input.is_empty() {
        items.push(one(input)?);
    }
    Ok((inner, items))
}

/// Leaves a method unchanged that the compiler's parser has reported.
fn reported(input: ParseStream<'_>) -> syn::Result<Item> {
    let mut tokens = TokenStream::new();
    loop {
        let tree: TokenTree = input.parse()?;
        tree.to_tokens(&mut tokens);
        if matches!(&tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace) {
            return Ok(Item::Other(tokens));
        }
    }
}

fn one(input: ParseStream<'_>) -> syn::Result<Item> {
    let ahead = input.fork();
    ahead.call(Attribute::parse_outer)?;
    ahead.parse::<Visibility>()?;
    ahead.parse::<Option<Token![default]>>()?;
    if !item::is_function(&ahead)? {
        return input.parse::<ImplItem>().map(|item| Item::Other(item.into_token_stream()));
    }
    let sig: Signature = match ahead.parse() {
        Ok(sig) => sig,
        Err(_) if item::has_wrong_arguments(&input.fork())? => return reported(input),
        Err(error) => return Err(error),
    };
    let attrs = input.call(Attribute::parse_outer)?;
    let has_body = !ahead.peek(Token![;]);
    // The tokens of the signature, and the body or the `;`.
    let mut rest = TokenStream::new();
    while input.cursor() != ahead.cursor() {
        input.parse::<TokenTree>()?.to_tokens(&mut rest);
    }
    input.parse::<TokenTree>()?.to_tokens(&mut rest);
    Ok(Item::Method(Box::new(Method { attrs, sig, has_body, rest })))
}

impl Method {
    fn emit(&self, shared: Option<&Args>, type_name: &str) -> TokenStream {
        let rest = &self.rest;
        // A method that cannot be traced is emitted unchanged, because the attribute is not on the method.
        let possible = self.has_body
            && self.sig.constness.is_none()
            && !(self.attrs.iter()).any(|attr| item::is_naked(attr) || item::tracks_caller(attr));
        let Some(shared) = shared.filter(|_| !self.is_left_out() && possible) else {
            let mut attrs: Vec<_> = self.attrs.iter().collect();
            attrs.retain(|attr| !(is_called(attr, "traced") && is_skip(attr)));
            // It may be this macro under another name, or another one.
            let marker = attrs.iter().any(|attr| is_skip(attr)).then(marker);
            return quote!(#(#attrs)* #marker #rest);
        };
        let (own, attrs): (Vec<_>, Vec<_>) =
            self.attrs.iter().partition(|attr| is_called(attr, "traced"));
        let own: TokenStream = own.iter().filter_map(|attr| arguments(attr)).collect();
        let (conditional, attrs): (Vec<_>, Vec<_>) = attrs
            .into_iter()
            .map(|attr| Conditional::of(attr).ok_or(attr))
            .partition(Result::is_ok);
        let conditional: Vec<_> = conditional.into_iter().flatten().flatten().collect();
        let attrs = attrs.into_iter().filter_map(Result::err);
        let unless = unless_skipped(&conditional);
        let mut traced = Vec::new();
        for it in &conditional {
            let (predicate, others) = (&it.predicate, &it.others);
            let when = unless
                .as_ref()
                .map_or_else(|| quote!(#predicate), |unless| quote!(all(#predicate, #unless)));
            traced.extend(it.own.iter().map(|given| {
                let comma = needs_comma(&own).then(|| quote!(,));
                let attr = self.attr(shared, type_name, &quote!(#own #comma #given));
                quote!(#[cfg_attr(#when, #attr)])
            }));
            if !others.is_empty() {
                traced.push(quote!(#[cfg_attr(#predicate, #(#others),*)]));
            }
        }
        let attr = self.attr(shared, type_name, &own);
        let deciding = conditional.iter().filter(|it| it.decides());
        let predicates: Vec<_> = deciding.map(|it| &it.predicate).collect();
        traced.push(if predicates.is_empty() {
            quote!(#[#attr])
        } else {
            quote!(#[cfg_attr(not(any(#(#predicates),*)), #attr)])
        });
        quote!(#(#traced)* #(#attrs)* #rest)
    }

    /// Whether there is a `#[traced(skip)]`, even under another name.
    fn is_left_out(&self) -> bool {
        self.attrs.iter().any(is_skip)
    }

    /// The attribute with the arguments of the block that the method does not override.
    fn attr(&self, shared: &Args, type_name: &str, own: &TokenStream) -> TokenStream {
        let given = args::words(own);
        let is_given = |word: &str| given.iter().any(|own| own == word);
        let is_placed = is_given("parent") || is_given("root");
        let ident = &self.sig.ident;
        let name = (!is_given("name")).then(|| {
            let name = format!("{type_name}::{}", ident.unraw());
            quote_spanned!(ident.span()=> name = #name,)
        });
        let pieces = shared.pieces.iter().filter(|(word, _)| {
            let excluded = is_placed && matches!(word.as_str(), "parent" | "root");
            self.has_use_for(word) && !excluded && !is_given(word)
        });
        let pieces = pieces.map(|(_, tokens)| tokens);
        let traced = path_of_the_macro(shared.krate.get(), ident.span());
        let of_type = Ident::new(symbol::OF_TYPE, ident.span());
        quote!(#traced(#of_type = #type_name, #name #(#pieces,)* #own))
    }

    /// Whether an argument of the block applies to this method.
    fn has_use_for(&self, word: &str) -> bool {
        match word {
            "boxed" => self.sig.asyncness.is_some(),
            "call_only" => self.sig.asyncness.is_none(),
            _ => true,
        }
    }
}

/// Marks a method of a block for a `#[traced(skip)]` under another name. The compiler ignores this attribute, and
/// rustfmt does not see it.
fn marker() -> TokenStream {
    quote!(#[rustfmt::skip])
}

/// Whether `item` has the [`marker`].
pub(super) fn has_marker(item: &TokenStream) -> bool {
    let attributes = |input: ParseStream<'_>| {
        let attrs = input.call(Attribute::parse_outer)?;
        input.parse::<TokenStream>()?;
        Ok(attrs)
    };
    let attrs = attributes.parse2(item.clone()).unwrap_or_default();
    let marker = |attr: &Attribute| {
        let words = attr.path().segments.iter().map(|it| it.ident.to_string());
        words.eq(["rustfmt", "skip"])
    };
    attrs.iter().any(marker)
}

fn path_of_the_macro(krate: Option<&Path>, span: proc_macro2::Span) -> TokenStream {
    let krate = Krate::new(krate.cloned());
    quote_spanned!(span=> #krate::traced)
}

/// Returns `Vec` for `std::vec::Vec<T>`, and any other type unchanged.
fn type_name(ty: &Type) -> String {
    match ty {
        Type::Group(group) => type_name(&group.elem),
        Type::Paren(paren) => type_name(&paren.elem),
        Type::Path(path) => match path.path.segments.last() {
            Some(segment) => segment.ident.unraw().to_string(),
            None => String::new(),
        },
        Type::Reference(reference) => type_name(&reference.elem),
        other => other.to_token_stream().to_string().replace(' ', ""),
    }
}

struct Conditional {
    predicate: TokenStream,
    own: Vec<TokenStream>,
    skips: bool,
    others: Vec<Meta>,
}

impl Conditional {
    fn of(attr: &Attribute) -> Option<Vec<Self>> {
        let mut found = Vec::new();
        collect(None, &attr.meta, &mut found)?;
        found.iter().any(Self::decides).then_some(found)
    }

    fn decides(&self) -> bool {
        self.skips || !self.own.is_empty()
    }
}

fn collect(around: Option<&TokenStream>, meta: &Meta, found: &mut Vec<Conditional>) -> Option<()> {
    let Meta::List(list) = meta else { return None };
    if !ends_in(&list.path, "cfg_attr") {
        return None;
    }
    let metas = Punctuated::<Meta, Token![,]>::parse_terminated;
    let mut metas = metas.parse2(list.tokens.clone()).ok()?.into_iter();
    let predicate = metas.next()?;
    let predicate =
        around.map_or_else(|| quote!(#predicate), |around| quote!(all(#around, #predicate)));
    let at = found.len();
    let mut own = Vec::new();
    let mut others = Vec::new();
    for meta in metas {
        match &meta {
            Meta::List(list)
                if ends_in(&list.path, "traced") || is_ours(&list.path, &list.tokens) =>
            {
                own.push(list.tokens.clone());
            }
            Meta::List(_) if collect(Some(&predicate), &meta, found).is_some() => {}
            other if ends_in(other.path(), "traced") => own.push(TokenStream::new()),
            _ => others.push(meta),
        }
    }
    let (skips, own): (Vec<_>, Vec<_>) = own.into_iter().partition(args::is_skip);
    let here = Conditional { predicate, own, skips: !skips.is_empty(), others };
    found.insert(at, here);
    Some(())
}

/// The condition under which no conditional attribute is `skip`.
fn unless_skipped(conditional: &[Conditional]) -> Option<TokenStream> {
    let skips = conditional.iter().filter(|it| it.skips);
    let skips: Vec<_> = skips.map(|it| &it.predicate).collect();
    (!skips.is_empty()).then(|| quote!(not(any(#(#skips),*))))
}

/// Whether a comma is needed before further arguments.
fn needs_comma(tokens: &TokenStream) -> bool {
    match tokens.clone().into_iter().last() {
        None => false,
        Some(TokenTree::Punct(last)) => last.as_char() != ',',
        Some(_) => true,
    }
}

/// Attributes of other macros that also have an argument `skip` on methods.
const OTHERS: [&str; 6] = ["graphql", "napi", "oai", "pyo3", "serde", "wasm_bindgen"];

/// Whether an attribute is `#[traced(skip)]`, even if it was imported under another name.
fn is_skip(attr: &Attribute) -> bool {
    !is_called(attr, "cfg_attr") && arguments(attr).is_some_and(|own| is_ours(attr.path(), &own))
}

fn is_ours(path: &Path, own: &TokenStream) -> bool {
    args::is_skip(own) && !OTHERS.iter().any(|other| ends_in(path, other))
}

fn is_called(attr: &Attribute, word: &str) -> bool {
    ends_in(attr.path(), word)
}

fn ends_in(path: &Path, word: &str) -> bool {
    path.segments.last().is_some_and(|it| it.ident == word)
}

fn arguments(attr: &Attribute) -> Option<TokenStream> {
    match &attr.meta {
        Meta::List(list) => Some(list.tokens.clone()),
        _ => None,
    }
}
