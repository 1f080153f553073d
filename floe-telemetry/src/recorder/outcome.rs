//! Whether a returned value is an error, and what it says, for any type.
//!
//! A generic function cannot ask whether its type is a `Result` whose error can be displayed. The
//! expansion can: it writes `probe::<Type>().__floe_classify()`, and method lookup takes the first of the
//! types below that has the method, from the most telling to the least: each is a pointer to the
//! next. So a type alias of `Result` is seen through, a type that is merely called `Result` is not
//! taken for one, and no bound is put on the user's generics.
//!
//! This is done for each annotated function, so it is made of what the compiler is quick at: methods
//! of types come before those of traits, and what is found is a function that all who return the same
//! type share.

use std::any::type_name;
use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Looks at what an annotated function returned, and tells what is to be recorded, if anything is.
/// It tells and does not return that, because what it tells may borrow from the value for less time
/// than the caller can name.
pub type Classifier<T> = fn(&T, Sink<'_>);

/// Takes what is to be recorded.
pub type Sink<'a> = &'a mut dyn FnMut(Outcome<'_>);

/// How an annotated function returned, when that is not merely a success.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "internal to expansions")]
pub enum Outcome<'a> {
    /// An `Err`.
    Failure(Failure<'a>),
    /// An `Err` that `error_if` does not count as one: the type of the error.
    Expected(&'static str),
    /// No `Err`, but `error_if` counts it as one: the type of the value.
    Refused(&'static str),
}

/// What returns nothing succeeds.
pub fn success(_: &(), _: Sink<'_>) {}

/// Looks, and then asks `error_if`, whose panic is no answer.
pub fn error_if<T>(
    value: &T,
    is_error: impl FnOnce() -> bool,
    look: Classifier<T>,
    tell: Sink<'_>,
) {
    let is_error = catch_unwind(AssertUnwindSafe(is_error)).ok();
    let mut failed = false;
    look(value, &mut |outcome| {
        failed = true;
        match (outcome, is_error) {
            (Outcome::Failure(failure), Some(false)) => tell(Outcome::Expected(failure.type_name)),
            (outcome, _) => tell(outcome),
        }
    });
    if is_error == Some(true) && !failed {
        tell(Outcome::Refused(type_name::<T>()));
    }
}

/// An error, as far as its type lets it be seen.
pub struct Failure<'a> {
    pub(super) type_name: &'static str,
    pub(super) says: ErrorView<'a>,
}

impl Debug for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("type_name", &self.type_name)
            .finish_non_exhaustive()
    }
}

/// What can be asked of an error.
pub(super) enum ErrorView<'a> {
    Error(&'a (dyn Error + 'a)),
    Display(&'a (dyn Display + 'a)),
    Debug(&'a (dyn Debug + 'a)),
    Nothing,
}

// Method lookup ignores lifetimes, so no level may ask for `'static`: an error that borrows would
// be matched and then refused. `'e` is whatever the error borrows.
macro_rules! levels {
    ($($(#[$doc:meta])* $name:ident [$($bound:tt)*] $error:ident => $says:expr, else $next:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<T>($next<T>);

        impl<T> Deref for $name<T> {
            type Target = $next<T>;

            #[inline]
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl<'e, T, E: $($bound)* + 'e> $name<Result<T, E>> {
            /// What looks at such a value.
            #[inline]
            #[must_use]
            pub fn __floe_classify(&self) -> Classifier<Result<T, E>> {
                Self::look
            }

            fn look(result: &Result<T, E>, tell: Sink<'_>) {
                if let Err($error) = result {
                    tell(Outcome::Failure(Failure {
                        type_name: type_name::<E>(),
                        says: $says,
                    }));
                }
            }
        }
    )*};
}

levels! {
    /// Is `E` an error of its own?
    IsStdError [Error] error => ErrorView::Error(error), else IsAsDynSendError;
    /// Does `E` hold an error, as `anyhow::Error` and `Box<dyn Error + Send + Sync>` do?
    IsAsDynSendError [AsRef<dyn Error + Send + Sync + 'e>] error => ErrorView::Error(error.as_ref()), else IsAsDynError;
    /// Does `E` hold an error, as `Box<dyn Error>` does?
    IsAsDynError [AsRef<dyn Error + 'e>] error => ErrorView::Error(error.as_ref()), else IsDisplay;
    /// Does `E` have a text?
    IsDisplay [Display] error => ErrorView::Display(error), else IsDebug;
    /// Does `E` have a text for programmers?
    IsDebug [Debug] error => ErrorView::Debug(error), else IsAnyResult;
    /// Is it a `Result` at all?
    IsAnyResult [Sized] _error => ErrorView::Nothing, else IsValue;
}

/// Any type: what is not a `Result` does not fail.
#[derive(Debug)]
pub struct IsValue<T>(PhantomData<fn(&T)>);

impl<T> IsValue<T> {
    /// What looks at such a value.
    #[inline]
    #[must_use]
    pub fn __floe_classify(&self) -> Classifier<T> {
        |_, _| ()
    }
}

/// To be asked for its `__floe_classify`.
#[inline]
#[must_use]
pub const fn probe<T>() -> IsStdError<T> {
    IsStdError(IsAsDynSendError(IsAsDynError(IsDisplay(IsDebug(
        IsAnyResult(IsValue(PhantomData)),
    )))))
}

/// The same for the type of a value, where that cannot be written.
#[inline]
pub const fn probe_of<T>(_: &T) -> IsStdError<T> {
    probe()
}
