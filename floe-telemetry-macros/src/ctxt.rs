//! Collects errors, so that one compilation reports all of them.
//!
//! Every stage has a shared reference to the context and continues after an error.

use std::{cell::RefCell, fmt::Display};

use quote::ToTokens;

#[derive(Default)]
pub(crate) struct Ctxt(RefCell<Vec<syn::Error>>);

impl Ctxt {
    /// Reports `message` at all of `tokens`.
    pub(crate) fn error(&self, tokens: impl ToTokens, message: impl Display) {
        self.syn(syn::Error::new_spanned(tokens, message));
    }

    /// Reports an error that has a span, such as a parser's.
    pub(crate) fn syn(&self, error: syn::Error) {
        self.0.borrow_mut().push(error);
    }

    /// Returns all errors as one, in the order in which they were reported.
    pub(crate) fn check(self) -> syn::Result<()> {
        let all = self.0.into_inner().into_iter().reduce(|mut all, error| {
            all.combine(error);
            all
        });

        all.map_or(Ok(()), Err)
    }
}
