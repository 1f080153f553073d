//! Whether a function that is not `async` returns a future or a stream, by what its signature says.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{
    GenericArgument, GenericParam, PathArguments, PathSegment, ReturnType, Signature, Type,
    TypeParamBound, parse_quote,
};

/// What is returned, and lives on after the call.
pub(super) struct Returned {
    pub(super) what: What,
    /// It is a pointer to a trait object.
    pub(super) boxed: bool,
}

pub(super) enum What {
    /// With the type that it becomes.
    Future(Box<Type>),
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
    match ty {
        Type::Group(group) => of_type(&group.elem),
        Type::Paren(paren) => of_type(&paren.elem),
        Type::ImplTrait(opaque) => of_bounds(&opaque.bounds, false),
        Type::Path(path) => of_path(path.path.segments.last()?),
        _ => None,
    }
}

fn of_bounds<'a>(
    bounds: impl IntoIterator<Item = &'a TypeParamBound>,
    boxed: bool,
) -> Option<Returned> {
    let what = bounds.into_iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            let segment = bound.path.segments.last()?;
            match segment.ident.to_string().as_str() {
                "Future" => Some(What::Future(Box::new(output(segment)))),
                "Stream" => Some(What::Stream),
                _ => None,
            }
        }
        _ => None,
    })?;
    Some(Returned { what, boxed })
}

/// `Pin<Box<dyn …>>`, and what the `futures` crate calls these.
fn of_path(segment: &PathSegment) -> Option<Returned> {
    let inner = types(segment).next();
    let what = match segment.ident.to_string().as_str() {
        "Pin" => match inner? {
            Type::Path(path) => {
                let pointer = path.path.segments.last()?;
                return match types(pointer).next()? {
                    Type::TraitObject(object) if pointer.ident == "Box" => {
                        of_bounds(&object.bounds, true)
                    }
                    _ => None,
                };
            }
            _ => return None,
        },
        "BoxFuture" | "LocalBoxFuture" => What::Future(Box::new(inner?.clone())),
        "BoxStream" | "LocalBoxStream" => What::Stream,
        _ => return None,
    };
    Some(Returned { what, boxed: true })
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

fn output(segment: &PathSegment) -> Type {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    let output = arguments.into_iter().flatten().find_map(|it| match it {
        GenericArgument::AssocType(assoc) if assoc.ident == "Output" => Some(assoc.ty.clone()),
        _ => None,
    });
    output.unwrap_or_else(|| parse_quote!(_))
}

/// What `#[async_trait]` made of the body of an `async fn`: `Box::pin(async move { … })`.
pub(super) struct AsyncTrait {
    /// `Box::pin`
    pub(super) pin: TokenStream,
    /// The body, in the braces of the future.
    pub(super) body: Group,
}

impl AsyncTrait {
    /// Known by the lifetime that it adds to the signature.
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
