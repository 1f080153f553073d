//! Emits the bindings of the arguments in the closure or the future that contains the body.
//!
//! Bound arguments are locals there, so they are dropped in the usual order of arguments, and a `mut` reference among
//! them can be assigned a borrow of a local. An argument without drop glue is usually not bound, because a future would
//! store the local in addition to the argument. It is bound if a closure of the user may borrow it, because only for a
//! local does the compiler suggest `move` when it rejects the borrow.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::{
    Attribute, FnArg, Pat, PatIdent, PatType, Receiver, ReceiverKind, Signature, Type,
    ext::IdentExt,
};

use super::allow_underscore;
use crate::tokens;
use crate::traced::signature::{PRIMITIVES, is_any};

/// The code that contains the body.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Future(&'a TokenStream),
    /// A future inside an `async fn`, which already stores the arguments.
    FutureInside(&'a TokenStream),
    Closure(&'a TokenStream),
    /// A closure, and before it the expressions of the span, which use the arguments by name.
    ClosureBehindOpening {
        body: &'a TokenStream,
        expressions: &'a TokenStream,
    },
}

/// Replaces patterns of `sig` by names, and returns statements that bind or capture the arguments.
pub(super) fn rebind(sig: &mut Signature, place: Place<'_>) -> TokenStream {
    let captured = match place {
        Place::FutureInside(body) => captured(sig, body),
        _ => 0,
    };

    // Captured variables of a future are dropped in the order of their first use.
    let mut statements: TokenStream =
        sig.inputs.iter().take(captured).rev().filter_map(|input| mention(input, place)).collect();
    let borrows = contains_closure(place);
    for (index, input) in sig.inputs.iter_mut().enumerate().skip(captured) {
        statements.extend(match input {
            // `self` is captured as a whole, because fields that are captured separately would be dropped in another
            // order, and the compiler would not see that they are read.
            FnArg::Receiver(receiver) => capture_receiver(receiver, place),
            FnArg::Typed(typed) if stays(typed) && !(borrows && is_owned_name(typed)) => None,
            FnArg::Typed(typed) => match &mut *typed.pat {
                Pat::Ident(pat) if is_name(pat) => Some(rebind_name(pat, &mut typed.attrs, place)),
                _ => Some(destructure(typed, index)),
            },
        });
    }
    statements
}

/// Whether a pattern splits an argument whose parts may have drop glue.
pub(super) fn take_apart(sig: &Signature) -> bool {
    sig.inputs.iter().any(|input| match input {
        FnArg::Receiver(_) => false,
        FnArg::Typed(typed) => {
            let is_whole = match &*typed.pat {
                Pat::Ident(pat) => is_name(pat),
                Pat::Wild(_) => true,
                _ => false,
            };
            !is_whole && !stays(typed)
        }
    })
}

/// Returns the number of leading arguments that need no binding, because the body mentions them, which captures them as
/// a whole, and a capture is dropped after all bindings, as an argument is. Arguments are dropped in the reverse of their
/// order, so from the first one that is a pattern or that the body does not mention, each argument is bound.
fn captured(sig: &Signature, body: &TokenStream) -> usize {
    let is_captured = |input: &&FnArg| match input {
        FnArg::Receiver(receiver) => receiver.mutability.is_none(),
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(pat) => {
                is_name(pat)
                    && pat.mutability.is_none()
                    && typed.attrs.is_empty()
                    && mentions(body.clone(), &pat.ident)
            }
            _ => false,
        },
    };

    sig.inputs.iter().take_while(is_captured).count()
}

fn mention(input: &FnArg, place: Place<'_>) -> Option<TokenStream> {
    match input {
        FnArg::Receiver(receiver) => capture_receiver(receiver, place),
        FnArg::Typed(typed) if stays(typed) => None,
        FnArg::Typed(typed) => {
            let name = &typed.pat;
            let allow = allow_underscore(name);
            Some(quote_spanned!(Span::mixed_site()=> #allow let _ = &#name;))
        }
    }
}

/// Captures `self`, which cannot be bound again, as a whole, so that it is dropped at the right time. A reference is
/// captured only if the body of a future does not use it.
fn capture_receiver(receiver: &Receiver, place: Place<'_>) -> Option<TokenStream> {
    let is_reference = match &receiver.kind {
        ReceiverKind::Reference(..) => true,
        ReceiverKind::Typed(_, ty) => matches!(**ty, Type::Reference(_)),
        _ => false,
    };

    let this = &receiver.self_token;
    let is_unused = match place {
        Place::Future(body) => !mentions(body.clone(), &Ident::from(*this)),
        _ => false,
    };
    (!is_reference || is_unused).then(|| quote_spanned!(Span::mixed_site()=> let _ = &#this;))
}

/// Whether the body is placed in a closure and itself seems to contain a closure or an `async` block.
fn contains_closure(place: Place<'_>) -> bool {
    match place {
        Place::Closure(body) | Place::ClosureBehindOpening { body, .. } => {
            tokens::any_punct(body, '|') || tokens::has_word(body, &["async"])
        }
        Place::Future(_) | Place::FutureInside(_) => false,
    }
}

fn is_owned_name(typed: &PatType) -> bool {
    let is_name = matches!(&*typed.pat, Pat::Ident(pat) if is_name(pat));
    is_name && !matches!(*typed.ty, Type::Reference(_))
}

fn is_name(pat: &PatIdent) -> bool {
    pat.by_ref.is_none() && pat.subpat.is_none()
}

/// Emits `let mut a = a;`, and removes the `mut` from the signature.
fn rebind_name(pat: &mut PatIdent, attrs: &mut Vec<Attribute>, place: Place<'_>) -> TokenStream {
    let mutability = pat.mutability.take();
    let name = &pat.ident;
    let attrs = of_the_binding(attrs);
    let allow = allow_underscore(name);
    let cfgs = attrs.iter().filter(|attr| tokens::is_conditional(attr));
    // If only the attribute used the argument, before the binding, the compiler would report the binding as unused.
    let used = match place {
        Place::ClosureBehindOpening { expressions, .. } if mentions(expressions.clone(), name) => {
            Some(quote_spanned!(Span::mixed_site()=> #(#cfgs)* #allow let _ = &#name;))
        }
        _ => None,
    };
    quote_spanned! {Span::mixed_site()=>
        #(#attrs)*
        #[allow(clippy::shadow_same)]
        #allow
        let #mutability #name = #name;
        #used
    }
}

/// Whether `tokens` contain `name`, also in the braces of a format string.
fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    let in_braces = format!("{{{}", name.unraw());
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(word) => word == *name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Literal(literal) => literal.to_string().contains(&in_braces),
        TokenTree::Punct(_) => false,
    })
}

/// Binds a pattern as the compiler does in the signature of an `async fn`.
fn destructure(typed: &mut PatType, index: usize) -> TokenStream {
    let argument = format_ident!("__floe_argument_{index}", span = Span::mixed_site());
    let name = Pat::Ident(PatIdent {
        attrs: Vec::new(),
        by_ref: None,
        mutability: None,
        ident: argument.clone(),
        subpat: None,
    });

    let pattern = std::mem::replace(&mut *typed.pat, name);
    let attrs = of_the_binding(&mut typed.attrs);
    let cfgs = attrs.iter().filter(|attr| tokens::is_conditional(attr));
    let bind = match &pattern {
        Pat::Wild(_) => None,
        _ => Some(quote_spanned! {Span::mixed_site()=>
            #(#attrs)*
            let #pattern = #argument;
        }),
    };

    let mutability = borrows_mutably(pattern.to_token_stream())
        .then(|| quote_spanned!(Span::mixed_site()=> mut));
    quote_spanned! {Span::mixed_site()=>
        #(#cfgs)*
        let #mutability #argument = #argument;
        #bind
    }
}

fn borrows_mutably(pattern: TokenStream) -> bool {
    let mut by_ref = false;
    pattern.into_iter().any(|tree| {
        let was_ref = std::mem::replace(
            &mut by_ref,
            matches!(&tree, TokenTree::Ident(word) if word == "ref"),
        );

        match tree {
            TokenTree::Ident(word) => was_ref && word == "mut",
            TokenTree::Group(group) => borrows_mutably(group.stream()),
            _ => false,
        }
    })
}

/// Returns the attributes for the binding: lints are moved from the argument, and conditions are copied.
fn of_the_binding(attrs: &mut Vec<Attribute>) -> Vec<Attribute> {
    let found = attrs
        .iter()
        .filter(|attr| is_lint(attr) || tokens::is_conditional(attr))
        .cloned()
        .collect();
    attrs.retain(|attr| !is_lint(attr) || tokens::is_conditional(attr));
    found
}

fn is_lint(attr: &Attribute) -> bool {
    tokens::is_named(attr, &["allow", "deny", "expect", "forbid", "warn"])
}

/// Whether an argument without `mut` needs no binding, because the name of its type shows that it has no drop glue.
fn stays(typed: &PatType) -> bool {
    is_plain(&typed.ty) && !tokens::has_word(&typed.pat, &["mut"])
}

fn is_plain(ty: &Type) -> bool {
    match ty {
        Type::Reference(_) | Type::Ptr(_) | Type::FnPtr(_) => true,
        Type::Array(array) => is_plain(&array.elem),
        Type::Group(group) => is_plain(&group.elem),
        Type::Paren(paren) => is_plain(&paren.elem),
        Type::Tuple(tuple) => tuple.elems.iter().all(is_plain),
        Type::Path(path) => {
            // A user's type with such a name is dropped in another order.
            path.path.get_ident().is_some_and(|it| is_any(it, PRIMITIVES))
        }
        _ => false,
    }
}
