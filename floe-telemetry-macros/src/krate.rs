//! The path of the runtime: `::floe_telemetry`, or the value of `crate = …`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Path;

use crate::tokens::on;

pub(crate) struct Krate(Option<Path>);

impl Krate {
    pub(crate) fn new(path: Option<Path>) -> Self {
        Self(path)
    }

    /// Returns the path of the module that only expansions may use.
    pub(crate) fn private(&self) -> TokenStream {
        let span = self.0.as_ref().map_or_else(Span::call_site, on);
        quote_spanned!(span=> #self::__private)
    }

    /// Returns that module's name in a body with the [`import`](Self::import).
    pub(crate) fn imported(&self) -> TokenStream {
        match &self.0 {
            Some(path) => quote_spanned!(on(path)=> __floe_private),
            None => self.private(),
        }
    }

    /// Imports that module from a path of the user, so that the compiler reports a wrong path once.
    pub(crate) fn import(&self) -> Option<TokenStream> {
        let private = self.private();
        self.0.as_ref().map(|path| quote_spanned!(on(path)=> use #private as __floe_private;))
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
