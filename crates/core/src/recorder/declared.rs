//! Types that can only be written in the signature of an annotated function: `!`, and the types behind `impl Trait`.
//! The body is in a closure or an `async` block, which cannot name these types.

use std::fmt::{self, Debug};
use std::future::Future;
use std::marker::PhantomData;

/// A function pointer.
pub trait FnPointer {
    /// The return type of the function.
    type Output;
}

impl<T> FnPointer for fn() -> T {
    type Output = T;
}

/// Names the type `!`, which stable Rust cannot write in this position.
pub type Never = <fn() -> ! as FnPointer>::Output;

/// Fixes the output type of an `async` block that never ends to `!`, which inference alone would not do.
#[inline]
pub const fn never<F: Future<Output = Never>>(future: F) -> F {
    future
}

/// Stands for a value of type `T` in unreachable code that only determines a type.
///
/// # Panics
///
/// Always.
pub fn never_made<T>() -> T {
    unreachable!("only code behind `if false` calls this")
}

/// The unnamed return type of an annotated function.
///
/// The expansion returns a [`value`](Self::value) of this type in unreachable code, and uses the type for the body. So
/// inference knows the bounds of `impl Trait`, and types that follow from them, such as the elements of `impl
/// IntoIterator<Item = u32>`, need not be written in the body.
pub struct Declared<T>(PhantomData<fn(T) -> T>);

/// Returns a value that stands for the return type of the enclosing function.
#[inline]
pub const fn declared<T>() -> Declared<T> {
    Declared(PhantomData)
}

#[expect(clippy::unused_self, reason = "only the type of the receiver matters")]
impl<T> Declared<T> {
    /// Stands for a value in unreachable code.
    pub fn value(self) -> T {
        never_made()
    }

    /// Returns `body`, whose result is inferred as this type.
    #[inline]
    pub fn body<F: FnOnce() -> T>(self, body: F) -> F {
        body
    }

    /// Returns `body`, whose result is inferred as this type. The body itself opens its span, in the `S` passed to it.
    #[inline]
    pub fn body_opening<S, F: FnOnce(&mut S) -> T>(self, body: F) -> F {
        body
    }
}

impl<T> Clone for Declared<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Declared<T> {}

impl<T> Debug for Declared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Declared")
    }
}
