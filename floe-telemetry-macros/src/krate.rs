//! Where the runtime is: `::floe_telemetry`, or what `crate = …` says.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Path, spanned::Spanned};

/// Prints as the path to the runtime crate.
pub(crate) struct Krate(Option<Path>);

impl Krate {
    pub(crate) fn new(path: Option<Path>) -> Self {
        Self(path)
    }

    /// The module that only expansions may use.
    pub(crate) fn private(&self) -> TokenStream {
        match &self.0 {
            Some(path) => {
                let span = Span::mixed_site().located_at(path.span());
                quote_spanned!(span=> #path::__private)
            }
            None => quote!(#self::__private),
        }
    }

    /// Makes `tokens` depend on that the runtime is where `crate = …` says: if it is not, this is the
    /// one error, and not the first of many. In
    /// parentheses they are an expression, in braces items.
    pub(crate) fn required_by(&self, tokens: TokenStream, delimiter: Delimiter) -> TokenStream {
        if self.0.is_none() {
            return tokens;
        }
        let private = self.private();
        let tokens = match delimiter {
            Delimiter::Brace => tokens,
            _ => quote_spanned!(Span::mixed_site()=> { #tokens }),
        };
        let mut group = Group::new(delimiter, tokens);
        group.set_span(Span::mixed_site());
        quote_spanned!(Span::mixed_site()=> #private::as_it_is! #group)
    }
}

impl ToTokens for Krate {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.0 {
            Some(path) => path.to_tokens(tokens),
            None => tokens.extend(quote_spanned!(Span::mixed_site()=> ::floe_telemetry)),
        }
    }
}
