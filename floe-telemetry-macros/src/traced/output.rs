//! The return type of the closure or future that contains the body.

use std::mem;

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    AngleBracketedGenericArguments, GenericArgument, Generics, Path, PathArguments, ReturnType,
    Token, TraitBound, Type, TypeInfer, TypeParamBound, WherePredicate, punctuated::Punctuated,
    spanned::Spanned,
};

use crate::tokens;

/// The type of the body, if it can be written outside a signature.
pub(super) enum Output {
    Unit,
    Never,
    Type(Box<Type>),
    /// The same with `_` for `impl Trait`.
    Erased(Box<Type>),
    /// `impl Trait`, or one in a place that [`erase`] does not handle.
    Opaque,
    /// A type that contains a macro, which may expand to `impl Trait`.
    Macro,
}

impl Output {
    pub(super) fn new(output: &ReturnType) -> Self {
        let ReturnType::Type(_, ty) = output else {
            return Self::Unit;
        };
        match bare(ty) {
            Type::Never(_) => Self::Never,
            Type::Tuple(tuple) if tuple.elems.is_empty() => Self::Unit,
            Type::ImplTrait(_) => Self::Opaque,
            _ if has_macro(ty.to_token_stream()) => Self::Macro,
            _ if !tokens::any_ident(ty, |word| word == "impl") => Self::Type(ty.clone()),
            _ => erased(ty).map_or(Self::Opaque, |ty| Self::Erased(Box::new(ty))),
        }
    }

    /// Whether it may be a future, judging by its name.
    pub(super) fn may_be_future(&self) -> bool {
        const NEVER: &[&str] = &[
            "Arc", "HashMap", "Option", "Rc", "Result", "String", "Vec", "bool", "char", "f32",
            "f64", "i128", "i16", "i32", "i64", "i8", "isize", "u128", "u16", "u32", "u64", "u8",
            "usize",
        ];
        match self {
            Self::Unit | Self::Never => false,
            Self::Opaque | Self::Macro => true,
            Self::Type(ty) | Self::Erased(ty) => match bare(ty) {
                Type::Path(path) => path
                    .path
                    .segments
                    .last()
                    .is_some_and(|it| !NEVER.iter().any(|never| it.ident == never)),
                Type::Array(_) | Type::Slice(_) | Type::Tuple(_) => false,
                _ => true,
            },
        }
    }

    /// Whether the function may return a future by value, and not a reference to one.
    pub(super) fn may_live_on(&self) -> bool {
        let lends = |ty: &Type| match bare(ty) {
            Type::Reference(_) | Type::Ptr(_) | Type::FnPtr(_) => true,
            Type::Path(path) => path.path.segments.last().is_some_and(|it| {
                it.ident == "Pin"
                    && matches!(&it.arguments, PathArguments::AngleBracketed(of)
                    if matches!(of.args.first(), Some(GenericArgument::Type(Type::Reference(_)))))
            }),
            _ => false,
        };
        self.may_be_future() && !matches!(self, Self::Type(ty) | Self::Erased(ty) if lends(ty))
    }
}

/// Whether this is a `Result` whose error is a type around a parameter that need not be `'static`, around an
/// associated type, or around one that borrows.
pub(super) fn has_error_of_parameter(ty: &Type, generics: &Generics) -> bool {
    let Type::Path(result) = bare(ty) else {
        return false;
    };
    let result = result.path.segments.last().filter(|it| it.ident == "Result");
    let Some(PathArguments::AngleBracketed(of)) = result.map(|it| &it.arguments) else {
        return false;
    };
    let Some(GenericArgument::Type(Type::Path(error))) = of.args.iter().nth(1) else {
        return false;
    };
    error.path.segments.iter().any(|part| {
        names_parameter(&part.arguments.to_token_stream(), generics) || borrows(&part.arguments)
    })
}

/// Whether a type among the arguments borrows, as in `Load<Refused<'_>>`.
fn borrows(arguments: &PathArguments) -> bool {
    let PathArguments::AngleBracketed(arguments) = arguments else {
        return false;
    };
    arguments.args.iter().any(|argument| match argument {
        GenericArgument::Type(ty) => {
            let borrows = |c| tokens::any_punct(ty, c);
            borrows('&') || borrows('\'') && !tokens::any_ident(ty, |word| word == "static")
        }
        _ => false,
    })
}

fn names_parameter(tokens: &TokenStream, generics: &Generics) -> bool {
    let is_static = |bounds: &Punctuated<TypeParamBound, Token![+]>| {
        let mut bounds = bounds.iter();
        bounds.any(|bound| matches!(bound, TypeParamBound::Lifetime(it) if it.ident == "static"))
    };
    let is_static_parameter = |name: &Ident| {
        let parameter = generics.type_params().find(|it| it.ident == *name);
        let mut clauses = generics.where_clause.iter().flat_map(|it| &it.predicates);
        parameter.is_some_and(|it| is_static(&it.bounds))
            || clauses.any(|clause| match clause {
                WherePredicate::Type(clause) => {
                    is_static(&clause.bounds)
                        && matches!(&clause.bounded_ty, Type::Path(of) if of.path.is_ident(name))
                }
                _ => false,
            })
    };
    tokens::any_ident(tokens, |name| {
        is_parameter(name, generics) && !is_static_parameter(name) || *name == "Self"
    })
}

/// Whether this is the name of a type parameter. One of the block around a method is known by its name: one capital
/// letter.
pub(super) fn is_parameter(name: &Ident, generics: &Generics) -> bool {
    let text = name.to_string();
    let is_letter = text.len() == 1 && text.starts_with(|c: char| c.is_ascii_uppercase());
    is_letter || generics.type_params().any(|it| it.ident == *name)
}

/// Whether the type itself, and not a part of it, may be a trait object or `impl Trait`.
pub(super) fn is_open(ty: &Type) -> bool {
    match bare(ty) {
        Type::Path(path) => {
            let outer = path.path.segments.last();
            let is_pointer = outer.is_some_and(|it| it.ident == "Pin" || it.ident == "Box");
            is_pointer && tokens::any_ident(path, |word| word == "dyn")
                || tokens::any_ident(path, |word| word == "impl")
        }
        _ => true,
    }
}

/// The declared parameters and result of a closure that is returned as `impl Fn(…)`.
pub(super) fn closure(output: &ReturnType) -> Option<&TraitBound> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    let Type::ImplTrait(opaque) = bare(ty) else {
        return None;
    };
    opaque.bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            let last = bound.path.segments.last()?;
            let is_closure = ["Fn", "FnMut", "FnOnce"].iter().any(|it| last.ident == it);
            let has_opaque = tokens::any_ident(&last.arguments, |word| word == "impl");
            (is_closure && !has_opaque).then_some(bound)
        }
        _ => None,
    })
}

/// The type with `'_` for the names of its lifetimes, for a place where the compiler infers them. It reports a name that is
/// not declared once for each place that has it. In a type with parameters of its own, `'_` would mean another lifetime.
pub(super) fn without_names(ty: &Type) -> TokenStream {
    let has_own = |word: &Ident| ["fn", "for", "Fn", "FnMut", "FnOnce"].iter().any(|it| word == it);
    let tokens = ty.to_token_stream();
    if tokens::any_ident(ty, has_own) { tokens } else { without_names_in(tokens) }
}

fn without_names_in(tokens: TokenStream) -> TokenStream {
    let mut after_quote = false;
    let trees = tokens.into_iter().map(|tree| {
        let was_quote = mem::replace(
            &mut after_quote,
            matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == '\''),
        );
        match tree {
            TokenTree::Ident(name) if was_quote && name != "static" => {
                Ident::new("_", name.span()).into()
            }
            TokenTree::Group(group) => {
                let mut without = Group::new(group.delimiter(), without_names_in(group.stream()));
                without.set_span(group.span());
                without.into()
            }
            other => other,
        }
    });
    trees.collect()
}

/// Whether the tokens of a type contain the call of a macro; `!` alone is a type.
fn has_macro(ty: TokenStream) -> bool {
    let mut after_name = false;
    ty.into_iter().any(|tree| {
        let was_name = mem::replace(&mut after_name, matches!(&tree, TokenTree::Ident(_)));
        match tree {
            TokenTree::Punct(punct) => was_name && punct.as_char() == '!',
            TokenTree::Group(group) => has_macro(group.stream()),
            _ => false,
        }
    })
}

/// The type without parentheses, and without the invisible group of a `$type:ty`.
pub(super) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        ty => ty,
    }
}

/// The type with `_` for every `impl Trait`, which only a signature can contain. `None` if one is in a
/// place where it cannot be replaced.
pub(super) fn erased(ty: &Type) -> Option<Type> {
    let mut ty = ty.clone();
    erase(&mut ty);
    (!tokens::any_ident(&ty, |ident| ident == "impl")).then_some(ty)
}

/// Replaces `impl Trait` by `_`. The rest still determines what `Ok(…)` alone leaves open, the type of
/// the error.
fn erase(ty: &mut Type) {
    // With its parentheses, which the compiler would call unused.
    if let Type::ImplTrait(opaque) = bare(ty) {
        let underscore_token = Token![_](opaque.span());
        *ty = Type::Infer(TypeInfer { attrs: Vec::new(), underscore_token });
        return;
    }
    match ty {
        Type::Array(array) => erase(&mut array.elem),
        Type::Group(group) => erase(&mut group.elem),
        Type::Paren(paren) => erase(&mut paren.elem),
        Type::Ptr(pointer) => erase(&mut pointer.elem),
        Type::Reference(reference) => erase(&mut reference.elem),
        Type::Slice(slice) => erase(&mut slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(erase),
        Type::Path(path) => erase_path(&mut path.path),
        Type::TraitObject(object) => {
            for bound in &mut object.bounds {
                if let TypeParamBound::Trait(bound) = bound {
                    erase_path(&mut bound.path);
                }
            }
        }
        _ => {}
    }
}

fn erase_path(path: &mut Path) {
    for segment in &mut path.segments {
        if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
            erase_arguments(arguments);
        }
    }
}

fn erase_arguments(arguments: &mut AngleBracketedGenericArguments) {
    for argument in &mut arguments.args {
        match argument {
            GenericArgument::Type(ty) => erase(ty),
            GenericArgument::AssocType(assoc) => erase(&mut assoc.ty),
            _ => {}
        }
    }
}
