//! The value of a keyword that may occur only once.

use proc_macro2::Ident;

use crate::{ctxt::Ctxt, symbol::Symbol};

/// A keyword's value; a second use is an error.
pub(crate) struct Attr<'c, T> {
    cx: &'c Ctxt,
    symbol: Symbol,
    given: Option<(Ident, T)>,
}

impl<'c, T> Attr<'c, T> {
    pub(crate) fn new(cx: &'c Ctxt, symbol: Symbol) -> Self {
        Self { cx, symbol, given: None }
    }

    pub(crate) fn set(&mut self, keyword: &Ident, value: T) {
        if self.given.is_some() {
            self.cx.error(keyword, format_args!("`{}` is given twice", self.symbol));
        } else {
            self.given = Some((keyword.clone(), value));
        }
    }

    /// Reports `keyword` if this keyword, which excludes it, has a value.
    pub(crate) fn exclude(&self, keyword: &Ident) {
        if self.given.is_some() {
            let message = format!("`{keyword}` and `{}` exclude each other", self.symbol);
            self.cx.error(keyword, message);
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.given.as_ref().map(|(_, value)| value)
    }

    pub(crate) fn keyword(&self) -> Option<&Ident> {
        self.given.as_ref().map(|(keyword, _)| keyword)
    }

    pub(crate) fn take(&mut self) -> Option<T> {
        self.given.take().map(|(_, value)| value)
    }

    pub(crate) fn with_keyword(self) -> Option<(Ident, T)> {
        self.given
    }
}
