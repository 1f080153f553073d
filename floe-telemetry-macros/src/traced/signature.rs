//! The meaning of a signature: whether the span follows the returned value, and the type of the body.

use std::mem;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    AngleBracketedGenericArguments, GenericArgument, Generics, Path, PathArguments, PathSegment,
    ReturnType, Token, Type, TypeInfer, TypeParamBound, WherePredicate, punctuated::Punctuated,
    spanned::Spanned,
};

use crate::tokens;

/// A future that the span follows.
pub(super) enum Future {
    /// `impl Future`, with its output.
    Opaque(Box<Type>),
    /// `Pin<Box<impl Future>>`, with its output.
    BoxedOpaque(Box<Type>),
    /// `Pin<Box<dyn Future>>` with its output, or another name of it, such as `Self::Future`.
    Boxed(Option<Box<Type>>),
    /// A type that seems to be a future. Only the compiler knows whether it is one.
    Likely,
}

impl Future {
    /// Recognizes a future by its written type.
    pub(super) fn new(ty: &Type) -> Option<Self> {
        match bare(ty) {
            Type::ImplTrait(opaque) => output(&opaque.bounds).map(Self::Opaque),
            ty => match pinned(ty)? {
                Type::ImplTrait(opaque) => output(&opaque.bounds).map(Self::BoxedOpaque),
                Type::TraitObject(object) => {
                    output(&object.bounds).map(|output| Self::Boxed(Some(output)))
                }
                _ => None,
            },
        }
    }
}

type Bounds = Punctuated<TypeParamBound, Token![+]>;

/// Returns the output of `Future<Output = …>`. A trait of another name, or without an output, is not the future of the
/// standard library.
fn output(bounds: &Bounds) -> Option<Box<Type>> {
    traits(bounds).filter(|it| it.ident == "Future").find_map(|it| associated(it, "Output"))
}

fn associated(segment: &PathSegment, name: &str) -> Option<Box<Type>> {
    arguments(segment).find_map(|it| match it {
        GenericArgument::AssocType(assoc) if assoc.ident == name => {
            Some(Box::new(assoc.ty.clone()))
        }
        _ => None,
    })
}

/// Returns the type in `Pin<Box<…>>`.
pub(super) fn pinned(ty: &Type) -> Option<&Type> {
    let inside = |ty, pointer: &str| {
        let last = last_segment(ty).filter(|it| it.ident == pointer)?;
        types(last).next()
    };

    inside(inside(ty, "Pin")?, "Box").map(bare)
}

/// Whether the type's name ends like that of a future: `Self::Future`, `BoxFuture`, `ResponseFuture`, `Fut`.
pub(super) fn is_named_like_a_future(ty: &Type) -> bool {
    let name = last_segment(ty).map(|it| it.ident.to_string());
    name.is_some_and(|name| name.ends_with("Future") || name.ends_with("Fut"))
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match bare(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// Returns a future or a stream in the type that would outlast the span, which covers only the call.
pub(super) fn outlives_the_span(ty: &Type) -> Option<&Type> {
    const AROUND: &[&str] = &["Box", "Either", "Option", "Pin", "Result", "Vec"];
    const LASTING: &[&str] = &["BoxFuture", "BoxStream", "LocalBoxFuture", "LocalBoxStream"];
    const TRAITS: &[(&str, &str)] =
        &[("Future", "Output"), ("IntoFuture", "Output"), ("Stream", "Item")];
    let is_lasting = |it: &PathSegment| {
        TRAITS.iter().any(|(name, ty)| it.ident == name && associated(it, ty).is_some())
    };

    let last = |bounds| traits(bounds).any(is_lasting);
    match bare(ty) {
        Type::ImplTrait(opaque) => last(&opaque.bounds).then_some(ty),
        Type::TraitObject(object) => last(&object.bounds).then_some(ty),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(outlives_the_span),
        Type::Array(array) => outlives_the_span(&array.elem),
        Type::Path(path) => {
            let segment = path.path.segments.last()?;
            if is_any(&segment.ident, LASTING) {
                return Some(ty);
            }

            types(segment).filter(|_| is_any(&segment.ident, AROUND)).find_map(outlives_the_span)
        }
        _ => None,
    }
}

fn is_any(name: &Ident, words: &[&str]) -> bool {
    words.iter().any(|word| name == word)
}

fn traits(bounds: &Bounds) -> impl Iterator<Item = &PathSegment> {
    bounds.iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last(),
        _ => None,
    })
}

fn arguments(segment: &PathSegment) -> impl Iterator<Item = &GenericArgument> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };

    arguments.into_iter().flatten()
}

fn types(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    arguments(segment).filter_map(|it| match it {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The type of the body, if it can be written outside a signature.
pub(super) enum Output {
    Unit,
    Never,
    Type(Box<Type>),
    /// A type with `_` in place of `impl Trait`.
    Erased(Box<Type>),
    /// `impl Trait`, or a type with an `impl Trait` that [`erase`] cannot replace.
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
            _ if !tokens::has_word(ty, &["impl"]) => Self::Type(ty.clone()),
            _ => erased(ty).map_or(Self::Opaque, |ty| Self::Erased(Box::new(ty))),
        }
    }
}

/// Whether the type is a `Result` whose error has a generic argument that seems not to be `'static`.
pub(super) fn has_error_of_parameter(ty: &Type, parameters: &Parameters<'_>) -> bool {
    let Type::Path(result) = bare(ty) else {
        return false;
    };

    let result = result.path.segments.last().filter(|it| it.ident == "Result");
    let error = result.and_then(|it| arguments(it).nth(1));
    let Some(GenericArgument::Type(Type::Path(error))) = error else {
        return false;
    };

    error.path.segments.iter().any(|part| {
        let arguments = part.arguments.to_token_stream();
        parameters.are_named_in(&arguments) || names_associated_type(arguments) || borrows(part)
    })
}

/// Whether a type like `Store::Error` or `<Store as Repo>::Error` is among the tokens. `Store` may be a parameter of the
/// block around the method.
fn names_associated_type(tokens: TokenStream) -> bool {
    let trees: Vec<_> = tokens.into_iter().collect();
    trees.windows(2).any(|pair| match pair {
        [TokenTree::Ident(of), TokenTree::Punct(colon)] => {
            colon.as_char() == ':' && of.to_string().starts_with(char::is_uppercase)
        }
        [TokenTree::Ident(_), TokenTree::Ident(word)] => word == "as",
        _ => false,
    })
}

/// Whether a generic argument borrows, as in `Load<Refused<'_>>`.
fn borrows(part: &PathSegment) -> bool {
    types(part).any(|ty| {
        let borrows = |c| tokens::any_punct(ty, c);
        borrows('&') || borrows('\'') && !tokens::has_word(ty, &["static"])
    })
}

/// The type parameters of a function, and those of the block around it that need not be `'static`.
pub(super) struct Parameters<'a> {
    pub(super) generics: &'a Generics,
    /// Unknown unless the block has the attribute.
    pub(super) of_block: &'a [String],
}

impl Parameters<'_> {
    fn are_named_in(&self, tokens: &TokenStream) -> bool {
        tokens::any_ident(tokens, |name| {
            self.contains(name) && !is_static_parameter(name, self.generics) || *name == "Self"
        })
    }

    /// Whether a name is that of a type parameter. A single capital letter counts as one of the block's.
    fn contains(&self, name: &Ident) -> bool {
        let text = name.to_string();
        let is_letter = text.len() == 1 && text.starts_with(|c: char| c.is_ascii_uppercase());
        is_letter
            || self.of_block.contains(&text)
            || self.generics.type_params().any(|it| it.ident == *name)
    }
}

/// Whether a type parameter has the bound `'static`.
pub(super) fn is_static_parameter(name: &Ident, generics: &Generics) -> bool {
    let is_static = |bounds: &Bounds| {
        let mut bounds = bounds.iter();
        bounds.any(|bound| matches!(bound, TypeParamBound::Lifetime(it) if it.ident == "static"))
    };

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

/// Returns the type without parentheses, and without the invisible group of a `$type:ty`.
pub(super) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        ty => ty,
    }
}

/// Returns the type with `_` in place of `impl Trait`, which only a signature can contain, or `None` if some remains.
pub(super) fn erased(ty: &Type) -> Option<Type> {
    let mut ty = ty.clone();
    erase(&mut ty);
    (!tokens::has_word(&ty, &["impl"])).then_some(ty)
}

/// Replaces `impl Trait` by `_`. The rest of the type still determines types that `Ok(…)` alone leaves open, such as
/// that of the error.
fn erase(ty: &mut Type) {
    // The parentheses go as well, because the compiler would report them as unused.
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
