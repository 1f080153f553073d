//! Determines by the signature whether a function that is not `async` returns a future or a stream.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{
    GenericArgument, GenericParam, PathArguments, PathSegment, ReturnType, Signature, Token, Type,
    TypeParamBound, punctuated::Punctuated,
};

use super::output::bare;

/// A returned future or stream.
pub(super) struct Returned {
    pub(super) kind: Kind,
    pub(super) form: Form,
}

/// Its form in the signature.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// `impl Future`
    Opaque,
    /// `Pin<Box<impl Future>>`
    PinnedOpaque,
    /// `Pin<Box<dyn Future>>`, `Box<dyn Future + Unpin>`, or an alias of one; the runtime determines by
    /// the type what it is.
    Boxed,
}

pub(super) enum Kind {
    /// With its output, if the signature has it.
    Future(Option<Box<Type>>),
    Stream,
}

impl Returned {
    pub(super) fn new(sig: &Signature) -> Option<Self> {
        match (&sig.asyncness, &sig.output) {
            (None, ReturnType::Type(_, ty)) => of_type(ty),
            _ => None,
        }
    }
}

fn of_type(ty: &Type) -> Option<Returned> {
    match bare(ty) {
        Type::ImplTrait(opaque) => of_bounds(&opaque.bounds, Form::Opaque),
        Type::Path(path) => of_path(path.path.segments.last()?),
        _ => None,
    }
}

fn of_bounds<'a>(
    bounds: impl IntoIterator<Item = &'a TypeParamBound>,
    form: Form,
) -> Option<Returned> {
    let kind = bounds.into_iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            let segment = bound.path.segments.last()?;
            match segment.ident.to_string().as_str() {
                "Future" => Some(Kind::Future(output(segment))),
                "Stream" => Some(Kind::Stream),
                _ => None,
            }
        }
        _ => None,
    })?;
    Some(Returned { kind, form })
}

/// `Pin<Box<…>>`, `Box<dyn …>`, and the aliases of the `futures` crate.
fn of_path(segment: &PathSegment) -> Option<Returned> {
    let inner = types(segment).next();
    let kind = match segment.ident.to_string().as_str() {
        "Pin" => {
            return match in_box(inner?)? {
                Type::TraitObject(object) => of_bounds(&object.bounds, Form::Boxed),
                Type::ImplTrait(opaque) => of_bounds(&opaque.bounds, Form::PinnedOpaque),
                _ => None,
            };
        }
        "Box" => {
            return match inner? {
                Type::TraitObject(object) => of_bounds(&object.bounds, Form::Boxed),
                _ => None,
            };
        }
        "BoxFuture" | "LocalBoxFuture" => Kind::Future(None),
        "BoxStream" | "LocalBoxStream" => Kind::Stream,
        _ => return None,
    };
    let form = Form::Boxed;
    Some(Returned { kind, form })
}

/// `T` of `Box<T>`
fn in_box(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Group(group) => in_box(&group.elem),
        Type::Path(path) => {
            let pointer = path.path.segments.last()?;
            types(pointer).next().filter(|_| pointer.ident == "Box")
        }
        _ => None,
    }
}

/// A type in the signature that is named like a future or a stream, inside another type or returned by an
/// `async fn`. A span would end before it. Whether it is one is determined by the type.
pub(super) struct Inside {
    pub(super) ty: Type,
    /// Named like what can be made a future.
    pub(super) into_future: bool,
}

impl Inside {
    pub(super) fn new(sig: &Signature) -> Option<Self> {
        let ReturnType::Type(_, ty) = &sig.output else {
            return None;
        };
        let is_opaque = matches!(bare(ty), Type::ImplTrait(_));
        let may_be_inside = match sig.asyncness {
            Some(_) => is_opaque,
            None => of_type(ty).is_none(),
        };
        may_be_inside.then(|| find(ty)).flatten()
    }
}

fn find(ty: &Type) -> Option<Inside> {
    const AROUND: [&str; 6] = ["Box", "Either", "Option", "Pin", "Result", "Vec"];
    let found = |into_future| Inside {
        ty: ty.clone(),
        into_future,
    };
    let of_bounds = |bounds| match of_bounds(bounds, Form::Opaque) {
        Some(_) => Some(found(false)),
        None => has_into_future(bounds).then(|| found(true)),
    };
    match bare(ty) {
        Type::ImplTrait(opaque) => of_bounds(&opaque.bounds),
        Type::TraitObject(object) => of_bounds(&object.bounds),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(find),
        Type::Array(array) => find(&array.elem),
        Type::Path(path) => {
            let segment = path.path.segments.last()?;
            if of_path(segment).is_some() {
                return Some(found(false));
            }
            let is_around = AROUND.iter().any(|around| segment.ident == around);
            types(segment).filter(|_| is_around).find_map(find)
        }
        _ => None,
    }
}

fn has_into_future(bounds: &Punctuated<TypeParamBound, Token![+]>) -> bool {
    bounds.iter().any(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            let last = bound.path.segments.last();
            last.is_some_and(|it| it.ident == "IntoFuture")
        }
        _ => false,
    })
}

fn types(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten().filter_map(|it| match it {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn output(segment: &PathSegment) -> Option<Box<Type>> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten().find_map(|it| match it {
        GenericArgument::AssocType(assoc) if assoc.ident == "Output" => {
            Some(Box::new(assoc.ty.clone()))
        }
        _ => None,
    })
}

/// The body of an `async fn` after `#[async_trait]`: `Box::pin(async move { … })`.
pub(super) struct AsyncTrait {
    /// `Box::pin`
    pub(super) pin: TokenStream,
    /// The body, in the braces of the future.
    pub(super) body: Group,
}

impl AsyncTrait {
    /// Recognized by the lifetime that the macro adds to the signature.
    pub(super) fn new(sig: &Signature, body: &Group) -> Option<Self> {
        sig.generics.params.iter().find(|parameter| {
            matches!(parameter, GenericParam::Lifetime(it) if it.lifetime.ident == "async_trait")
        })?;
        let mut pin: Vec<_> = body.stream().into_iter().collect();
        let arguments = group(pin.pop()?, Delimiter::Parenthesis)?;
        let mut future: Vec<_> = arguments.stream().into_iter().collect();
        let body = group(future.pop()?, Delimiter::Brace)?;
        let words: Vec<_> = future.iter().map(ToString::to_string).collect();
        (words == ["async", "move"]).then(|| Self {
            pin: pin.into_iter().collect(),
            body,
        })
    }
}

fn group(tree: TokenTree, delimiter: Delimiter) -> Option<Group> {
    match tree {
        TokenTree::Group(group) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}
