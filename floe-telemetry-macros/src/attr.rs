//! The value of a keyword that may occur only once.

use proc_macro2::Ident;

use crate::ctxt::Ctxt;

/// A keyword's value; a second use is an error.
pub(crate) struct Attr<T>(Option<(Ident, T)>);

impl<T> Default for Attr<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Attr<T> {
    pub(crate) fn set(&mut self, cx: &Ctxt, keyword: &Ident, value: T) {
        if self.0.is_some() {
            cx.error(keyword, format_args!("`{keyword}` is given twice"));
        } else {
            self.0 = Some((keyword.clone(), value));
        }
    }

    /// Reports `other` if this keyword, which excludes it, has a value as well.
    pub(crate) fn exclude(&self, cx: &Ctxt, other: Option<&Ident>) {
        if let (Some(given), Some(other)) = (self.keyword(), other) {
            cx.error(other, format_args!("`{other}` and `{given}` exclude each other"));
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }

    pub(crate) fn keyword(&self) -> Option<&Ident> {
        self.0.as_ref().map(|(keyword, _)| keyword)
    }

    pub(crate) fn take(&mut self) -> Option<T> {
        self.0.take().map(|(_, value)| value)
    }

    pub(crate) fn with_keyword(self) -> Option<(Ident, T)> {
        self.0
    }
}
