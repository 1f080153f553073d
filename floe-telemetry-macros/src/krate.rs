//! The path of the runtime: `::floe_telemetry`, or the value of `crate = …`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Path, spanned::Spanned};

pub(crate) struct Krate(Option<Path>);

impl Krate {
    pub(crate) fn new(path: Option<Path>) -> Self {
        Self(path)
    }

    /// Returns the path of the module that only expansions may use.
    pub(crate) fn private(&self) -> TokenStream {
        let span = self
            .0
            .as_ref()
            .map_or_else(Span::call_site, |path| Span::mixed_site().located_at(path.span()));
        quote_spanned!(span=> #self::__private)
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
