//! The name of a span that is only known at run time.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, ExprPath};

/// What the opening does with it: a constant is kept, text that is made for it is taken, and an
/// argument or a part of one is borrowed.
pub(super) fn set(name: &Expr, span: Span) -> TokenStream {
    let (method, value) = match name {
        Expr::Path(path) if is_constant(path) => ("name_const", quote!(#name)),
        _ if is_made(name) => ("name_from", quote!(#name)),
        _ => ("name", quote_spanned!(span=> &(#name))),
    };
    let method = Ident::new(method, span);
    quote_spanned!(span=> __floe.#method(#value);)
}

fn is_constant(path: &ExprPath) -> bool {
    path.path.segments.last().is_some_and(|segment| {
        let name = segment.ident.to_string();
        name.contains(char::is_uppercase) && !name.contains(char::is_lowercase)
    })
}

fn is_made(name: &Expr) -> bool {
    matches!(
        name,
        Expr::Binary(_)
            | Expr::Block(_)
            | Expr::Call(_)
            | Expr::Cast(_)
            | Expr::If(_)
            | Expr::Lit(_)
            | Expr::Macro(_)
            | Expr::Match(_)
            | Expr::MethodCall(_)
            | Expr::Reference(_)
            | Expr::Unsafe(_)
    )
}
