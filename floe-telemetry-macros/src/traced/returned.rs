//! Determines by the signature whether a function that is not `async` returns a future or a stream.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::{
    GenericArgument, GenericParam, PathArguments, PathSegment, ReturnType, Signature, Token, Type,
    TypeParamBound, punctuated::Punctuated,
};

use super::output::{self, bare};
use crate::tokens;

/// A returned future or stream.
pub(super) struct Returned {
    pub(super) kind: Kind,
    pub(super) form: Form,
    pub(super) boxing: Option<Boxing>,
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
    /// The signature has an alias, which may be a box of either, or of a value.
    OfAlias,
}

impl Returned {
    /// By the signature.
    pub(super) fn new(sig: &Signature) -> Option<Self> {
        match (&sig.asyncness, &sig.output) {
            (None, ReturnType::Type(_, ty)) => of_type(ty),
            _ => None,
        }
    }

    /// By the signature and the end of the body.
    pub(super) fn of(sig: &Signature, body: &Group) -> Option<Self> {
        let returned = Self::new(sig);
        if returned.as_ref().is_some_and(|it| it.form == Form::Opaque) {
            return returned;
        }
        let boxing = Boxing::new(body);
        if let Some(returned) = returned {
            return Some(Self { boxing, ..returned });
        }
        let boxing = boxing?;
        let kind = if boxing.is_async_block {
            // A future, whatever the signature calls its box.
            Kind::Future(None)
        } else if boxing.pins {
            of_alias(sig)?
        } else {
            return None;
        };
        Some(Self { kind, form: Form::Boxed, boxing: Some(boxing) })
    }
}

/// What an alias may be that is returned as `Box::pin(…)`, such as `Self::Future`. An alias without parameters has an
/// output that need not outlive anything, and so its box can be put into another one.
fn of_alias(sig: &Signature) -> Option<Kind> {
    let ReturnType::Type(_, ty) = &sig.output else {
        return None;
    };
    let Type::Path(path) = bare(ty) else {
        return None;
    };
    let name = path.path.segments.last()?.ident.to_string();
    if name == "Pin" || name == "Box" {
        return None;
    }
    let is_parameter = |word: &Ident| {
        word == "Self" && path.path.segments.len() > 1 || output::is_parameter(word, &sig.generics)
    };
    if !tokens::any_ident(path, is_parameter) {
        return None;
    }
    let is_future = name.ends_with("Future") || name.ends_with("Fut");
    Some(if is_future { Kind::Future(None) } else { Kind::OfAlias })
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
    Some(Returned { kind, form, boxing: None })
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
    Some(Returned { kind, form, boxing: None })
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
    let found = |into_future| Inside { ty: ty.clone(), into_future };
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

/// A body whose last expression puts a future or stream into a box: `Box::pin(…)`, or
/// `async move { … }.boxed()`. What is in the box is put into the span. Around the box, the span would need another
/// one, whose type the compiler accepts only if the output lives as long as the box.
pub(super) struct Boxing {
    /// `Box::pin`
    pub(super) before: TokenStream,
    /// The user's braces, with what is in the box as the last expression.
    pub(super) body: Group,
    /// `.boxed()`
    pub(super) after: TokenStream,
    /// The user's parentheses, where a box of another type is reported.
    pub(super) parentheses: Span,
    is_async_block: bool,
    pins: bool,
}

impl Boxing {
    /// `None` also if the body may return another box before its end.
    fn new(body: &Group) -> Option<Self> {
        let trees: Vec<_> = body.stream().into_iter().collect();
        let (last, rest) = trees.split_last()?;
        let arguments = group(last.clone(), Delimiter::Parenthesis)?;
        let (start, before, content, after) = match rest {
            [.., TokenTree::Punct(dot), TokenTree::Ident(method)]
                if dot.as_char() == '.' && (method == "boxed" || method == "boxed_local") =>
            {
                let end = rest.len() - 2;
                let start = rest.iter().rposition(|it| is_word(it, "async"))?;
                let content = rest.get(start..end).filter(|it| is_async_block(it))?;
                (start, &[][..], content.to_vec(), &trees[end..])
            }
            _ => {
                let path = rest.iter().rev().take_while(|it| is_in_path(it));
                let start = rest.len() - path.count();
                let path = &rest[start..];
                let is_box = match path {
                    [.., of, _, _, function] => {
                        is_word(of, "Box") && (is_word(function, "pin") || is_word(function, "new"))
                    }
                    _ => false,
                };
                let content = is_box.then(|| arguments.stream().into_iter().collect())?;
                (start, path, content, &[][..])
            }
        };
        let statements = &trees[..start];
        let is_last = match statements.last() {
            None => true,
            Some(TokenTree::Punct(punct)) => punct.as_char() == ';',
            Some(tree) => group(tree.clone(), Delimiter::Brace).is_some(),
        };
        let statements = statements.iter().cloned().collect::<TokenStream>();
        if !is_last || tokens::any_ident(&statements, |word| word == "return") {
            return None;
        }
        let is_async_block = is_async_block(&content);
        let pins = rest.last().is_some_and(|it| is_word(it, "pin"));
        let content = content.into_iter();
        let mut inside =
            Group::new(Delimiter::Brace, statements.into_iter().chain(content).collect());
        inside.set_span(body.span());
        Some(Self {
            before: before.iter().cloned().collect(),
            body: inside,
            after: after.iter().cloned().collect(),
            parentheses: arguments.span(),
            is_async_block,
            pins,
        })
    }
}

/// `async { … }` or `async move { … }`
fn is_async_block(trees: &[TokenTree]) -> bool {
    let [keyword, capture @ .., TokenTree::Group(block)] = trees else {
        return false;
    };
    is_word(keyword, "async")
        && block.delimiter() == Delimiter::Brace
        && matches!(capture, [] | [_])
}

fn is_in_path(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Ident(word) => word != "return",
        TokenTree::Punct(punct) => punct.as_char() == ':',
        _ => false,
    }
}

fn is_word(tree: &TokenTree, expected: &str) -> bool {
    matches!(tree, TokenTree::Ident(word) if word == expected)
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
        (words == ["async", "move"]).then(|| Self { pin: pin.into_iter().collect(), body })
    }
}

fn group(tree: TokenTree, delimiter: Delimiter) -> Option<Group> {
    match tree {
        TokenTree::Group(group) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}
