//! Collects errors, so that one compilation reports all of them.
//!
//! Every stage has a shared reference to the context and continues after an error.

use std::{cell::RefCell, fmt::Display, thread};

use quote::ToTokens;

pub(crate) struct Ctxt {
    /// `None` once checked.
    errors: RefCell<Option<Vec<syn::Error>>>,
}

impl Ctxt {
    pub(crate) fn new() -> Self {
        Self { errors: RefCell::new(Some(Vec::new())) }
    }

    /// Reports `message` under all of `tokens`.
    pub(crate) fn error(&self, tokens: impl ToTokens, message: impl Display) {
        self.syn(syn::Error::new_spanned(tokens, message));
    }

    /// Reports an error that has a span, such as a parser's.
    pub(crate) fn syn(&self, error: syn::Error) {
        if let Some(errors) = self.errors.borrow_mut().as_mut() {
            errors.push(error);
        }
    }

    /// All errors as one, in the order in which they were found.
    pub(crate) fn check(self) -> syn::Result<()> {
        let errors = self.errors.take().unwrap_or_default();
        let all = errors.into_iter().reduce(|mut all, error| {
            all.combine(error);
            all
        });
        all.map_or(Ok(()), Err)
    }
}

impl Drop for Ctxt {
    /// Panics if the errors were never returned, which would hide mistakes.
    fn drop(&mut self) {
        assert!(thread::panicking() || self.errors.borrow().is_none(), "errors were never checked");
    }
}
