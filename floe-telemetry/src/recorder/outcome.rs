//! Determines for a value of any type whether it is an error, and the error's message if it has one.
//!
//! A generic function cannot test whether its type is a `Result` whose error implements `Display`. The
//! expansion can: in `probe::<Type>().__floe_classify()` method lookup takes the first of the types
//! below that has the method. They are ordered from the most specific to the least, and each
//! dereferences to the next. So a type alias of `Result` is resolved, another type with the name
//! `Result` is not mistaken for one, and the user's generics need no bounds.
//!
//! This is compiled for each annotated function, so it uses what the compiler resolves quickly: inherent
//! methods rather than those of traits. The result is a function pointer that all functions with the
//! same return type share.

use std::alloc::Layout;
use std::any::{Any, type_name};
use std::error::Error;
use std::ffi::OsString;
use std::fmt::{self, Debug, Display};
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use super::declared::Never;

/// Passes the outcome of an annotated function to a sink, unless it is a plain success. It does not
/// return the outcome, which may borrow from the value for a lifetime that the caller cannot name.
pub type Classifier<T> = fn(&T, Sink<'_>);

/// Records an outcome.
pub type Sink<'a> = &'a mut dyn FnMut(Outcome<'_>);

/// The outcome of an annotated function, if it is not a plain success.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "internal to expansions")]
pub enum Outcome<'a> {
    /// An `Err`.
    Failure(Failure<'a>),
    /// An `Err` that `error_if` does not classify as an error, with the type of the error.
    Expected(&'static str),
    /// A value other than an `Err` that `error_if` classifies as an error, with its type.
    Refused(&'static str),
}

/// The classifier of functions without a return value, which always succeed.
pub fn success(_: &(), _: Sink<'_>) {}

/// Classifies the value, then lets `error_if` override the result. A panic of `error_if` is ignored.
pub fn error_if<T>(
    value: &T,
    is_error: impl FnOnce() -> bool,
    classify: Classifier<T>,
    sink: Sink<'_>,
) {
    let is_error = catch_unwind(AssertUnwindSafe(is_error)).ok();
    let mut failed = false;
    classify(value, &mut |outcome| {
        failed = true;
        match (outcome, is_error) {
            (Outcome::Failure(failure), Some(false)) => sink(Outcome::Expected(failure.type_name)),
            (outcome, _) => sink(outcome),
        }
    });
    if is_error == Some(true) && !failed {
        sink(Outcome::Refused(type_name::<T>()));
    }
}

/// An error, viewed through the best trait it implements.
pub struct Failure<'a> {
    pub(super) type_name: &'static str,
    pub(super) view: ErrorView<'a>,
}

impl Debug for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("type_name", &self.type_name)
            .finish_non_exhaustive()
    }
}

/// The most informative trait that an error implements, in descending order.
pub(super) enum ErrorView<'a> {
    Error(&'a (dyn Error + 'a)),
    Display(&'a (dyn Display + 'a)),
    /// Of a panic.
    Payload(&'a (dyn Any + Send)),
    Debug(&'a (dyn Debug + 'a)),
    Nothing,
}

// Method lookup ignores lifetimes, so no level may require `'static`: an error that borrows would select
// that level and then fail to compile. `'e` is the lifetime of the error's borrows.
macro_rules! levels {
    ($($(#[$doc:meta])* $name:ident [$($bound:tt)*] $error:ident => $view:expr, else $next:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<T>($next<T>);

        impl<T> Deref for $name<T> {
            type Target = $next<T>;

            // `always`: else an unoptimized caller stores each reference.
            #[inline(always)]
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl<'e, T, E: $($bound)* + 'e> $name<Result<T, E>> {
            /// The classifier of the type.
            #[inline]
            #[must_use]
            pub fn __floe_classify(&self) -> Classifier<Result<T, E>> {
                Self::classify
            }

            fn classify(result: &Result<T, E>, sink: Sink<'_>) {
                if let Err($error) = result {
                    sink(Outcome::Failure(Failure {
                        type_name: type_name::<E>(),
                        view: $view,
                    }));
                }
            }
        }
    )*};
}

levels! {
    /// `E` implements `Error`.
    IsStdError [Error] error => ErrorView::Error(error), else IsAsDynSendError;
    /// `E` contains an error, as `anyhow::Error` and `Box<dyn Error + Send + Sync>` do.
    IsAsDynSendError [AsRef<dyn Error + Send + Sync + 'e>] error => ErrorView::Error(error.as_ref()), else IsAsDynError;
    /// `E` contains an error, as `Box<dyn Error>` does.
    IsAsDynError [AsRef<dyn Error + 'e>] error => ErrorView::Error(error.as_ref()), else IsDisplay;
    /// `E` implements `Display`.
    IsDisplay [Display] error => ErrorView::Display(error), else IsPayload;
    /// `E` is the payload of a panic, as in `std::thread::Result`.
    IsPayload [AsRef<dyn Any + Send>] error => ErrorView::Payload(error.as_ref()), else IsDebug;
    /// `E` implements `Debug`.
    IsDebug [Debug] error => ErrorView::Debug(error), else IsAnyResult;
    /// Any other `Result`.
    IsAnyResult [Sized] _error => ErrorView::Nothing, else IsValue;
}

/// Any other type, which is not a `Result` and does not fail.
#[derive(Debug)]
pub struct IsValue<T>(PhantomData<fn(&T)>);

impl<T> IsValue<T> {
    /// The classifier of the type.
    #[inline]
    #[must_use]
    pub fn __floe_classify(&self) -> Classifier<T> {
        |_, _| ()
    }
}

/// The start of the method lookup for `__floe_classify`.
#[inline]
#[must_use]
pub const fn probe<T>() -> IsStdError<T> {
    IsStdError(IsAsDynSendError(IsAsDynError(IsDisplay(IsPayload(
        IsDebug(IsAnyResult(IsValue(PhantomData))),
    )))))
}

/// The start of the method lookup for the type of a value, if the type cannot be named and may not be
/// resolved yet.
#[inline]
pub const fn probe_of<T>(_: &T) -> MaybeUnresolved<T> {
    MaybeUnresolved(probe())
}

/// A type that inference may not have resolved.
#[derive(Debug)]
pub struct MaybeUnresolved<T>(IsStdError<T>);

impl<T> Deref for MaybeUnresolved<T> {
    type Target = IsStdError<T>;

    #[expect(
        clippy::inline_always,
        reason = "else an unoptimized caller stores each reference"
    )]
    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// A type that inference has not resolved. Without it, method lookup would take such a type for a
/// `Result`. Its implementations are explained in
/// [`returned_future`](super::returned_future::IsUnresolved).
pub trait IsUnresolved<T> {
    /// The classifier of a value that does not fail.
    fn __floe_classify(&self) -> Classifier<T>;
}

macro_rules! unresolved {
    ($($ty:ty)*) => {$(
        impl IsUnresolved<$ty> for MaybeUnresolved<$ty> {
            fn __floe_classify(&self) -> Classifier<$ty> {
                |_, _| ()
            }
        }
    )*};
}

unresolved! { () Never bool char String OsString PathBuf Duration Instant SystemTime Layout }
