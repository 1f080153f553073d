//! Arguments that nothing happens to when they are dropped, by what their types are called.

use syn::{PatType, Type};

use crate::tokens;

/// The primitive types; a user's type that is called like one is merely dropped in another order.
const PRIMITIVES: &[&str] = &[
    "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "u128", "u16", "u32",
    "u64", "u8", "usize",
];

/// Nobody can tell when it is dropped, and it is not assigned to.
pub(super) fn stays(typed: &PatType) -> bool {
    is_plain(&typed.ty) && !tokens::any_ident(&typed.pat, |word| word == "mut")
}

fn is_plain(ty: &Type) -> bool {
    match ty {
        Type::Reference(_) | Type::Ptr(_) | Type::FnPtr(_) => true,
        Type::Array(array) => is_plain(&array.elem),
        Type::Group(group) => is_plain(&group.elem),
        Type::Paren(paren) => is_plain(&paren.elem),
        Type::Tuple(tuple) => tuple.elems.iter().all(is_plain),
        Type::Path(path) => path
            .path
            .get_ident()
            .is_some_and(|ident| PRIMITIVES.iter().any(|word| ident == word)),
        _ => false,
    }
}
