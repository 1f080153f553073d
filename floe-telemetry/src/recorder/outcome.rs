//! Whether a returned value is an error, and what it says, for any type.
//!
//! A generic function cannot ask whether its type is a `Result` whose error can be displayed. The
//! expansion can: it writes `(&&&&&&Inspect(value)).__floe_outcome()`, and method lookup takes the first
//! of the traits below that fits, from the most telling to the least. So a type alias of `Result`
//! is seen through, a type that is merely called `Result` is not taken for one, and no bound is
//! put on the user's generics.

use std::any::type_name;
use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The value an annotated function returned.
#[derive(Debug)]
pub struct Inspect<'a, T: ?Sized>(pub &'a T);

impl<T: ?Sized> Clone for Inspect<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Inspect<'_, T> {}

/// How an annotated function returned.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "internal to expansions")]
pub enum Outcome<'a> {
    /// Not an error.
    Success,
    /// An `Err`.
    Failure(Failure<'a>),
    /// An `Err` that `error_if` does not count as one: the type of the error.
    Expected(&'static str),
    /// No `Err`, but `error_if` counts it as one: the type of the value.
    Refused(&'static str),
}

impl Outcome<'_> {
    /// With what `error_if` said, if it said anything.
    #[must_use]
    pub fn decided<T: ?Sized>(self, is_error: Option<bool>, _value: &T) -> Self {
        match (self, is_error) {
            (Self::Failure(failure), Some(false)) => Self::Expected(failure.type_name),
            (Self::Success, Some(true)) => Self::Refused(type_name::<T>()),
            (undecided, _) => undecided,
        }
    }
}

/// What returns nothing succeeds.
#[must_use]
pub fn success(_: &()) -> Outcome<'_> {
    Outcome::Success
}

/// Asks `error_if`, whose panic is no answer.
pub fn error_if(is_error: impl FnOnce() -> bool) -> Option<bool> {
    catch_unwind(AssertUnwindSafe(is_error)).ok()
}

/// An error, as far as its type lets it be seen.
pub struct Failure<'a> {
    pub(super) type_name: &'static str,
    pub(super) says: Says<'a>,
}

impl Debug for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("type_name", &self.type_name)
            .finish_non_exhaustive()
    }
}

/// What can be asked of an error.
pub(super) enum Says<'a> {
    Error(&'a (dyn Error + 'a)),
    Display(&'a (dyn Display + 'a)),
    Debug(&'a (dyn Debug + 'a)),
    Nothing,
}

fn outcome<'a, T, E>(
    result: &'a Result<T, E>,
    says: impl FnOnce(&'a E) -> Says<'a>,
) -> Outcome<'a> {
    match result {
        Ok(_) => Outcome::Success,
        Err(error) => Outcome::Failure(Failure {
            type_name: type_name::<E>(),
            says: says(error),
        }),
    }
}

// Method lookup ignores lifetimes, so no level may ask for `'static`: an error that borrows would
// be matched and then refused. `'e` is whatever the error borrows.
macro_rules! levels {
    ($($(#[$doc:meta])* $name:ident ($($refs:tt)*) [$($bound:tt)*] $error:ident => $says:expr;)*) => {$(
        $(#[$doc])*
        pub trait $name<'a> {
            /// How the function returned.
            fn __floe_outcome(&self) -> Outcome<'a>;
        }

        impl<'a, 'e: 'a, T, E: $($bound)* + 'e> $name<'a> for $($refs)* Inspect<'a, Result<T, E>> {
            #[inline]
            fn __floe_outcome(&self) -> Outcome<'a> {
                outcome(self.0, |$error| $says)
            }
        }
    )*};
}

levels! {
    /// `E` is an error of its own.
    IsStdError (&&&&&) [Error] error => Says::Error(error);
    /// `E` holds an error, as `anyhow::Error` and `Box<dyn Error + Send + Sync>` do.
    IsAsDynSendError (&&&&) [AsRef<dyn Error + Send + Sync + 'e>] error => Says::Error(error.as_ref());
    /// `E` holds an error, as `Box<dyn Error>` does.
    IsAsDynError (&&&) [AsRef<dyn Error + 'e>] error => Says::Error(error.as_ref());
    /// `E` has a text.
    IsDisplay (&&) [Display] error => Says::Display(error);
    /// `E` has a text for programmers.
    IsDebug (&) [Debug] error => Says::Debug(error);
    /// `E` says nothing.
    IsAnyResult () [Sized] _error => Says::Nothing;
}

/// Any value: what is not a `Result` did not fail.
pub trait IsValue<'a> {
    /// How the function returned.
    fn __floe_outcome(self) -> Outcome<'a>;
}

// By value, which method lookup tries after everything behind a reference.
impl<'a, T: ?Sized> IsValue<'a> for Inspect<'a, T> {
    #[inline]
    fn __floe_outcome(self) -> Outcome<'a> {
        Outcome::Success
    }
}

/// The traits, without their names.
pub mod prelude {
    pub use super::{
        IsAnyResult as _, IsAsDynError as _, IsAsDynSendError as _, IsDebug as _, IsDisplay as _,
        IsStdError as _, IsValue as _,
    };
}
