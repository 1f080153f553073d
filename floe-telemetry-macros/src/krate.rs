//! The path of the runtime: `::floe_telemetry`, or that of `crate = …`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Path, spanned::Spanned};

/// Prints as the path to the runtime crate.
pub(crate) struct Krate(Option<Path>);

impl Krate {
    pub(crate) fn new(path: Option<Path>) -> Self {
        Self(path)
    }

    /// The module that only expansions may use.
    pub(crate) fn private(&self) -> TokenStream {
        let span = self
            .0
            .as_ref()
            .map_or_else(Span::call_site, |path| Span::mixed_site().located_at(path.span()));
        quote_spanned!(span=> #self::__private)
    }

    /// The statements `tokens` as the argument of a macro of the runtime: if `crate = …` names the wrong
    /// path, that is the only error, and not the first of many.
    pub(crate) fn required_by(&self, tokens: TokenStream) -> TokenStream {
        if self.0.is_none() {
            return tokens;
        }
        let private = self.private();
        quote_spanned!(Span::mixed_site()=> #private::as_it_is!({ #tokens }))
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
