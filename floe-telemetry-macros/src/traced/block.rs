//! `#[traced]` on an `impl` block, which adds the attribute to its methods.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Attribute, ImplItem, ImplItemType, ItemImpl, Meta, ReturnType, Signature, Token, Type,
    Visibility,
    ext::IdentExt,
    parse::{ParseStream, Parser},
};

use super::{
    args, item,
    signature::{self, Parameters},
};
use crate::{
    given::Given,
    krate::Krate,
    symbol::{self, Symbol},
    tokens,
};

/// An `impl` block with unparsed bodies.
pub(super) struct Block {
    head: TokenStream,
    /// The prefix of the spans' names.
    type_name: String,
    /// The value of [`symbol::OF_TYPE`].
    of_type: String,
    braces: Group,
    async_trait: bool,
    inner: Vec<Attribute>,
    items: Vec<Item>,
}

enum Item {
    Method(Box<Method>),
    Type(Box<ImplItemType>),
    Other(TokenStream),
}

/// A method. `rest` contains all its tokens except the attributes.
struct Method {
    attrs: Vec<Attribute>,
    sig: Signature,
    has_body: bool,
    rest: TokenStream,
}

impl Block {
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
        let generics = &header.generics;
        let parameters = generics.type_params().map(|it| &it.ident);
        let unbounded = parameters.filter(|it| !signature::is_static_parameter(it, generics));
        let name = type_name(&header.self_ty);
        let block = Parameters { generics, of_block: Some(&[]) };
        let aliases = items.iter().filter_map(|item| match item {
            Item::Type(alias) if signature::is_unbounded(&alias.ty, &block) => Some(&alias.ident),
            _ => None,
        });

        let mut words = vec![name.clone()];
        words.extend(unbounded.map(ToString::to_string));
        words.extend(aliases.map(|alias| format!("Self::{alias}")));
        let of_type = words.join(" ");
        Ok(Self {
            head,
            type_name: name,
            of_type,
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
                Item::Other(_) | Item::Type(_) => false,
            })
    }

    /// Emits the block with the attribute on its traced methods, or on none if the arguments are invalid.
    pub(super) fn emit(&self, args: Option<&Given>) -> TokenStream {
        let Self { head, inner, .. } = self;
        let items = self.items.iter().map(|item| match item {
            Item::Other(tokens) => tokens.clone(),
            Item::Type(alias) => alias.to_token_stream(),
            Item::Method(method) => method.emit(args, self),
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

fn one(input: ParseStream<'_>) -> syn::Result<Item> {
    let ahead = input.fork();
    ahead.call(Attribute::parse_outer)?;
    ahead.parse::<Visibility>()?;
    ahead.parse::<Option<Token![default]>>()?;
    if !item::is_function(&ahead)? {
        return input.parse::<ImplItem>().map(|item| match item {
            ImplItem::Type(alias) => Item::Type(Box::new(alias)),
            item => Item::Other(item.into_token_stream()),
        });
    }

    let sig: Signature = ahead.parse()?;
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
    fn emit(&self, shared: Option<&Given>, block: &Block) -> TokenStream {
        let rest = &self.rest;
        let is_own = |attr: &&Attribute| is_called(attr, "traced");
        let Some(shared) = shared.filter(|_| self.is_traced()) else {
            let attrs = self.attrs.iter().filter(|attr| !(is_own(attr) && is_skip(attr)));
            return quote!(#(#attrs)* #rest);
        };

        let (own, attrs): (Vec<_>, Vec<_>) = self.attrs.iter().partition(is_own);
        let own: TokenStream = own.into_iter().filter_map(arguments).collect();
        let attr = self.attr(shared, block, &own);
        quote!(#[#attr] #(#attrs)* #rest)
    }

    /// Whether the method gets the attribute of the block. A method that cannot be traced, that is left out, or whose
    /// own attribute is in a `cfg_attr` does not.
    fn is_traced(&self) -> bool {
        let excludes = |attr: &Attribute| {
            item::is_naked(attr)
                || item::tracks_caller(attr)
                || is_skip(attr)
                || is_called(attr, "cfg_attr") && tokens::has_word(&attr.meta, &["traced"])
        };

        self.has_body && self.sig.constness.is_none() && !self.attrs.iter().any(excludes)
    }

    /// Returns the method's attribute: its own arguments, and the block's, if they apply and are not overridden.
    fn attr(&self, shared: &Given, block: &Block, own: &TokenStream) -> TokenStream {
        let Block { type_name, of_type, .. } = block;
        let given = args::parse_unchecked(own);
        let is_placed = given.has(symbol::PARENT) || given.has(symbol::ROOT);
        let ident = &self.sig.ident;
        let name = (!given.has(symbol::NAME)).then(|| {
            let name = format!("{type_name}::{}", ident.unraw());
            quote_spanned!(ident.span()=> name = #name,)
        });

        let shared_here = shared.iter().filter(|argument| {
            let symbol = argument.symbol;
            let excluded = is_placed && matches!(symbol, symbol::PARENT | symbol::ROOT);
            self.has_use_for(symbol) && !excluded && !given.has(symbol)
        });

        let shared_here = shared_here.map(|argument| &argument.tokens);
        let krate = Krate::new(shared.path().cloned());
        let traced = quote_spanned!(ident.span()=> #krate::traced);
        let of_type_word = Ident::new(symbol::OF_TYPE.word, ident.span());
        quote!(#traced(#of_type_word = #of_type, #name #(#shared_here,)* #own))
    }

    fn has_use_for(&self, keyword: Symbol) -> bool {
        match keyword {
            symbol::BOXED => self.sig.asyncness.is_some(),
            // Not where the span can follow what the signature writes.
            symbol::CALL_ONLY => {
                self.sig.asyncness.is_none()
                    && !self.returns(|ty| signature::Future::new(ty).is_some())
            }
            symbol::RET => self.returns(signature::is_recordable),
            _ => true,
        }
    }

    fn returns(&self, is_such: impl Fn(&Type) -> bool) -> bool {
        matches!(&self.sig.output, ReturnType::Type(_, ty) if is_such(ty))
    }
}

/// Returns the last name of a path, such as `Vec` of `std::vec::Vec<T>`, also in a reference, or another type as text.
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

/// Attributes of other macros that also have an argument `skip` on methods.
const OTHERS: [&str; 6] = ["graphql", "napi", "oai", "pyo3", "serde", "wasm_bindgen"];

/// Whether an attribute is `#[traced(skip)]`, under any name except [`OTHERS`], because an import may rename it.
fn is_skip(attr: &Attribute) -> bool {
    let is_other = OTHERS.iter().any(|other| is_called(attr, other));
    !is_other && arguments(attr).is_some_and(|own| args::is_skip(&own))
}

fn is_called(attr: &Attribute, word: &str) -> bool {
    attr.path().segments.last().is_some_and(|it| it.ident == word)
}

fn arguments(attr: &Attribute) -> Option<TokenStream> {
    match &attr.meta {
        Meta::List(list) => Some(list.tokens.clone()),
        _ => None,
    }
}
