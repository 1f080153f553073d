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

/// A future or stream that the span follows.
pub(super) enum Future {
    /// `impl Future`
    Opaque(Promised),
    /// `Pin<Box<impl Future>>`
    BoxedOpaque(Promised),
    /// `Pin<Box<dyn Future>>`; `None` is another name of it, such as `Self::Future`.
    Boxed(Option<Promised>),
}

/// The output of a future or the item of a stream.
pub(super) struct Promised {
    pub(super) ty: Box<Type>,
    pub(super) is_stream: bool,
}

impl Future {
    /// Recognizes a future or stream by its written type.
    pub(super) fn new(ty: &Type) -> Option<Self> {
        match bare(ty) {
            Type::ImplTrait(opaque) => Promised::new(&opaque.bounds).map(Self::Opaque),
            ty => match pinned(ty)? {
                Type::ImplTrait(opaque) => Promised::new(&opaque.bounds).map(Self::BoxedOpaque),
                Type::TraitObject(object) => {
                    Promised::new(&object.bounds).map(|promised| Self::Boxed(Some(promised)))
                }
                _ => None,
            },
        }
    }

    pub(super) fn promised(&self) -> Option<&Promised> {
        match self {
            Self::Opaque(promised) | Self::BoxedOpaque(promised) => Some(promised),
            Self::Boxed(promised) => promised.as_ref(),
        }
    }
}

impl Promised {
    /// Reads `Future<Output = …>` or `Stream<Item = …>`. A trait of another name, or without the type, is not that of
    /// the standard library or of `futures`. A type with a second such trait, or with a trait that a wrapper does not
    /// have, is refused elsewhere.
    fn new(bounds: &Bounds) -> Option<Self> {
        const FOLLOWED: &[(&str, &str)] = &[
            ("Future", "Output"),
            ("FusedFuture", "Output"),
            ("Stream", "Item"),
            ("FusedStream", "Item"),
        ];

        let is_lost = |it: &PathSegment| it.ident == "Clone" || it.ident == "Copy";
        let mut found = traits(bounds).filter_map(|it| {
            let (name, ty) = FOLLOWED.iter().find(|(name, _)| it.ident == name)?;
            Some(Self { ty: associated(it, ty)?, is_stream: name.ends_with("Stream") })
        });

        let promised = found.next().filter(|_| !traits(bounds).any(is_lost))?;
        found.all(|other| other.is_stream == promised.is_stream).then_some(promised)
    }
}

type Bounds = Punctuated<TypeParamBound, Token![+]>;

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

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match bare(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// Returns a future or a stream that is written in the type and would outlast the span, which covers only the call.
pub(super) fn outlives_the_span(ty: &Type) -> Option<&Type> {
    const TRAITS: &[(&str, &str)] =
        &[("Future", "Output"), ("IntoFuture", "Output"), ("Stream", "Item")];
    let is_lasting = |it: &PathSegment| {
        TRAITS.iter().any(|(name, ty)| it.ident == name && associated(it, ty).is_some())
    };

    let yields = |it| associated(it, "Item").is_some_and(|ty| outlives_the_span(&ty).is_some());
    let last = |bounds| traits(bounds).any(|it| is_lasting(it) || yields(it));
    match bare(ty) {
        Type::ImplTrait(opaque) => last(&opaque.bounds).then_some(ty),
        Type::TraitObject(object) => last(&object.bounds).then_some(ty),
        ty => parts(ty)?.find_map(outlives_the_span),
    }
}

/// Returns a future or a stream in the output of an `async fn` that runs after it. Another type with a name may be a
/// connection, which is a stream, too.
pub(super) fn runs_later(ty: &Type) -> Option<&Type> {
    const BOXED: &str = "BoxFuture|BoxStream|LocalBoxFuture|LocalBoxStream";
    let is_boxed = |it: &PathSegment| is_any(&it.ident, BOXED);
    outlives_the_span(ty).or_else(|| match parts(ty) {
        Some(mut parts) => parts.find_map(runs_later),
        None => last_segment(ty).is_some_and(is_boxed).then_some(ty),
    })
}

/// Returns the types of which the type consists, or `None` for a type of its own.
fn parts(ty: &Type) -> Option<Box<dyn Iterator<Item = &Type> + '_>> {
    const AROUND: &str = "BTreeMap|Box|ControlFlow|Either|HashMap|Option|Pin|Poll|Result|Vec";
    match bare(ty) {
        Type::Tuple(tuple) => Some(Box::new(tuple.elems.iter())),
        Type::Array(array) => Some(Box::new(std::iter::once(&*array.elem))),
        Type::Path(path) => {
            let segment = path.path.segments.last()?;
            // An error is no future.
            let count = if segment.ident == "Result" { 1 } else { usize::MAX };
            is_any(&segment.ident, AROUND).then(|| Box::new(types(segment).take(count)) as _)
        }
        _ => None,
    }
}

/// Whether the value, the output of a future, or each part of either can be an attribute: neither nothing nor `Self`.
pub(super) fn is_recordable(ty: &Type) -> bool {
    if let Some(promised) = Future::new(ty).as_ref().and_then(Future::promised) {
        return is_recordable(&promised.ty);
    }

    match (bare(ty), parts(ty)) {
        (Type::Never(_), _) => false,
        (Type::Tuple(tuple), _) if tuple.elems.is_empty() => false,
        (Type::Reference(reference), _) => is_recordable(&reference.elem),
        // Of an alias such as `fmt::Result`, the content is unknown.
        (_, Some(parts)) => {
            let mut parts = parts.peekable();
            parts.peek().is_some() && parts.all(is_recordable)
        }
        (Type::Path(path), None) => !path.path.is_ident("Self"),
        _ => true,
    }
}

/// The questions to the compiler about a returned type. Only the compiler knows whether a name stands for a future.
#[derive(Default)]
pub(super) struct Asked<'a> {
    /// Whether the value itself may be a future.
    pub(super) value: bool,
    /// The parts that may be futures.
    pub(super) parts: Vec<&'a Type>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(ty: &'a Type) -> Self {
        let mut asked = Self::default();
        match parts(ty) {
            Some(parts) => parts.for_each(|part| asked.add(part)),
            None => asked.value = may_be_a_future(ty),
        }

        // A box of a future is itself one, and `impl Trait` can only be written in a signature.
        let is_box = last_segment(ty).is_some_and(|it| it.ident == "Box" || it.ident == "Pin");
        if asked.parts.iter().any(|part| is_box || tokens::has_word(part, &["impl"])) {
            asked = Self { value: true, parts: Vec::new() };
        }
        asked
    }

    fn add(&mut self, ty: &'a Type) {
        match parts(ty) {
            Some(parts) => parts.for_each(|part| self.add(part)),
            None if may_be_a_future(ty) => self.parts.push(ty),
            None => {}
        }
    }
}

/// Whether the type has a name that is not known to be that of a value. The handle of a task counts as a value, and so
/// does what a constructor makes.
fn may_be_a_future(ty: &Type) -> bool {
    match bare(ty) {
        Type::Path(_) => last_segment(ty)
            .is_some_and(|it| !is_any(&it.ident, VALUES) && !is_any(&it.ident, PRIMITIVES)),
        Type::ImplTrait(opaque) => traits(&opaque.bounds).any(|it| !is_any(&it.ident, TRAITS)),
        Type::TraitObject(object) => traits(&object.bounds).any(|it| !is_any(&it.ident, TRAITS)),
        Type::Macro(_) => true,
        _ => false,
    }
}

const VALUES: &str = "Arc|BTreeMap|Cow|Duration|HashMap|HashSet|Instant|JoinHandle|PathBuf|Rc|Self|String|\
                      SystemTime|str";

pub(super) const PRIMITIVES: &str =
    "bool|char|f32|f64|i128|i16|i32|i64|i8|isize|u128|u16|u32|u64|u8|usize";

/// Traits that no future is returned as.
const TRAITS: &str = "Any|AsRef|BufRead|Clone|Copy|Debug|Deref|DerefMut|Display|DoubleEndedIterator|Error|\
                      ExactSizeIterator|Fn|FnMut|FnOnce|Into|IntoIterator|Iterator|Read|Send|Sized|Sync|\
                      ToString|Unpin|Write";

/// Whether the name is among the words, which are separated by `|`.
pub(super) fn is_any(name: &Ident, words: &str) -> bool {
    words.split('|').any(|word| name == word)
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

pub(super) fn is_named(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|it| it.ident == name)
}

/// Whether the type is a `Result` whose error has a generic argument that seems not to be `'static`.
pub(super) fn has_error_of_parameter(ty: &Type, parameters: &Parameters<'_>) -> bool {
    let result = last_segment(ty).filter(|_| is_named(ty, "Result"));
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

/// Whether a generic argument of the type names a type parameter that need not be `'static`, and no lifetime bounds it.
/// Then the output of a boxed future need not live as long as the box.
pub(super) fn is_unbounded(ty: &Type, parameters: &Parameters<'_>) -> bool {
    let Some(segment) = last_segment(ty) else {
        return false;
    };

    let alias = format!("Self::{}", segment.ident);
    if parameters.of_block.is_some_and(|of_block| of_block.contains(&alias)) {
        return true;
    }

    let arguments = &segment.arguments;
    let is_bounded =
        tokens::any_punct(arguments, '\'') && !tokens::has_word(arguments, &["static"]);
    !is_bounded && any_parameter(arguments.to_token_stream(), |name| parameters.is_not_static(name))
}

/// The type parameters of a function, and those of the block around it that need not be `'static`.
#[derive(Clone, Copy)]
pub(super) struct Parameters<'a> {
    pub(super) generics: &'a Generics,
    /// `None` for a method whose block lacks the attribute. Then each single capital letter may be a parameter.
    pub(super) of_block: Option<&'a [String]>,
}

impl Parameters<'_> {
    fn are_named_in(&self, tokens: &TokenStream) -> bool {
        any_parameter(tokens.clone(), |name| self.is_not_static(name) || *name == "Self")
    }

    fn is_not_static(&self, name: &Ident) -> bool {
        self.contains(name) && !is_static_parameter(name, self.generics)
    }

    fn contains(&self, name: &Ident) -> bool {
        let text = name.to_string();
        let is_letter = text.len() == 1 && text.starts_with(|c: char| c.is_ascii_uppercase());
        self.of_block.map_or(is_letter, |of_block| of_block.contains(&text))
            || self.generics.type_params().any(|it| it.ident == *name)
    }
}

/// Whether such a name is among the tokens, except behind a path, as in `shop::T`, which is no parameter.
fn any_parameter(tokens: TokenStream, is_such: impl Fn(&Ident) -> bool + Copy) -> bool {
    let mut colons = 0;
    tokens.into_iter().any(|tree| {
        let before = mem::take(&mut colons);
        match tree {
            TokenTree::Ident(name) => before < 2 && is_such(&name),
            TokenTree::Group(group) => any_parameter(group.stream(), is_such),
            TokenTree::Punct(punct) => {
                colons = if punct.as_char() == ':' { before + 1 } else { 0 };
                false
            }
            TokenTree::Literal(_) => false,
        }
    })
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
