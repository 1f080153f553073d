//! Determines whether a value of any type is an error, and the error's message if it has one.
//!
//! A generic function cannot test whether its type is a `Result` whose error implements `Display`. The expansion can:
//! in `probe::<Type>().__floe_may_fail().__floe_classify()`, method lookup takes the first of the types below that has
//! the method. They are ordered from the most specific to the least specific, and each dereferences to the next. So a
//! type alias of `Result` is resolved, another type with the name `Result` is not mistaken for it, and the user's
//! generics need no bounds.
//!
//! This code is compiled per annotated function, so it uses inherent methods, which are resolved more quickly than
//! methods of traits. The first method spares a type that is no `Result` the levels below, because the compiler takes
//! some time for each. The result is a function pointer that all functions with the same return type share.

use std::alloc::Layout;
use std::any::{Any, type_name};
use std::error::Error;
use std::ffi::OsString;
use std::fmt::{self, Debug, Display};
use std::hash::{Hash as _, Hasher};
use std::marker::PhantomData;
use std::mem;
use std::ops::Deref;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

#[cfg(feature = "http")]
use http::{Response, StatusCode};
use opentelemetry::trace::SpanKind;

use super::declared::Never;
use crate::attributes::AttributeList;
use crate::caught::caught;

/// Passes the outcome of an annotated function to a sink, unless it is a plain success. The outcome is not returned,
/// because the caller could not name the lifetime of its borrow from the value.
pub type Classifier<T> = fn(&T, Sink<'_>);

/// Records an outcome.
pub type Sink<'a> = &'a mut dyn FnMut(Outcome<'_>);

/// Sets the attribute with the returned value.
pub trait RecordsValue {
    /// Sets the attribute.
    fn set(&self, attributes: &mut AttributeList);
}

impl<F: Fn(&mut AttributeList)> RecordsValue for F {
    fn set(&self, attributes: &mut AttributeList) {
        self(attributes);
    }
}

impl Debug for dyn RecordsValue + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordsValue")
    }
}

/// The outcome of an annotated function, if it is not a plain success.
#[derive(Debug)]
pub enum Outcome<'a> {
    /// The value that the argument `ret` records. It is not evaluated for a call that is only measured.
    Returned(&'a dyn RecordsValue),
    /// An `Err`.
    Failure(Failure<'a>),
    /// An `Err` that does not count as an error, with its class or its type.
    Expected(&'static str),
    /// A value other than an `Err` that `error_if` classifies as an error.
    Refused,
    /// An `Err` whose traits are not known, with the type of the error.
    Unread(&'static str),
    /// The message of a panic in `error_if`. The outcome follows.
    ErrorIfPanicked(String),
}

/// Classifies the outcome of functions without a return value, which always succeed.
pub fn success(_: &(), _: Sink<'_>) {}

/// Classifies the value, then lets `error_if` override the result. If `error_if` panics, the result counts.
pub fn error_if<T>(
    value: &T,
    is_error: impl FnOnce() -> bool,
    classify: Classifier<T>,
    sink: Sink<'_>,
) {
    let is_error = match caught(is_error) {
        Ok(is_error) => Some(is_error),
        Err(message) => {
            sink(Outcome::ErrorIfPanicked(message));
            None
        }
    };

    let mut failed = false;
    classify(value, &mut |outcome| {
        failed = true;
        match (outcome, is_error) {
            (Outcome::Failure(failure), Some(false)) => {
                sink(Outcome::Expected(failure.class.unwrap_or(failure.type_name)));
            }
            (Outcome::Failure(failure), Some(true)) => {
                sink(Outcome::Failure(Failure { error_for: ErrorFor::Everyone, ..failure }));
            }
            (outcome, _) => sink(outcome),
        }
    });

    if is_error == Some(true) && !failed {
        sink(Outcome::Refused);
    }
}

/// Classifies a value whose type is a type parameter, so that its traits cannot be looked up. The name of the type and
/// the discriminant tell whether the value is an `Err`.
pub(super) fn by_discriminant<T>(value: &T, sink: Sink<'_>) {
    struct IsZero(bool);

    impl Hasher for IsZero {
        fn write(&mut self, bytes: &[u8]) {
            self.0 &= bytes.iter().all(|byte| *byte == 0);
        }

        fn finish(&self) -> u64 {
            u64::from(self.0)
        }
    }

    let Some(error) = error_type(type_name::<T>()) else {
        return;
    };

    // `Ok` is declared first, so its discriminant is zero.
    let mut is_ok = IsZero(true);
    mem::discriminant(value).hash(&mut is_ok);
    if !is_ok.0 {
        sink(Outcome::Unread(error));
    }
}

/// Returns the error type in the name of a `Result`; `None` for another type.
fn error_type(name: &'static str) -> Option<&'static str> {
    let arguments = name.strip_prefix("core::result::Result<")?.strip_suffix('>')?;
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, c) in arguments.char_indices() {
        match c {
            '<' | '(' | '[' => depth += 1,
            // The `>` in the arrow of a function is not a bracket.
            '>' if before == '-' => {}
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => return Some(arguments[at + 1..].trim_start()),
            _ => {}
        }

        before = c;
    }
    None
}

/// The class of an error for the attribute `error.type`, such as a variant or a code, instead of the name of the
/// error's type. With it, backends and
/// [metrics](https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/#error-type) tell a timeout from a
/// refusal. `exception.type` stays the type.
///
/// ```
/// use std::fmt;
///
/// use floe_telemetry::{ErrorType, testing, traced};
///
/// #[derive(Debug)]
/// enum JobError {
///     Timeout,
///     Refused(u16),
/// }
///
/// impl fmt::Display for JobError {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         f.write_str("the job has failed")
///     }
/// }
///
/// impl std::error::Error for JobError {}
///
/// impl ErrorType for JobError {
///     fn error_type(&self) -> &'static str {
///         match self {
///             Self::Timeout => "timeout",
///             Self::Refused(_) => "refused",
///         }
///     }
/// }
///
/// #[traced]
/// fn run() -> Result<(), JobError> {
///     Err(JobError::Timeout)
/// }
///
/// let spans = testing::capture(|| drop(run()));
/// spans.single("run").assert_error("the job has failed").assert_attribute("error.type", "timeout");
/// ```
pub trait ErrorType: Error {
    /// Returns the class. Keep the number of classes small.
    fn error_type(&self) -> &'static str;
}

/// An error, as the most informative trait that it implements.
pub struct Failure<'a> {
    pub(super) type_name: &'static str,
    pub(super) class: Option<&'static str>,
    pub(super) view: ErrorView<'a>,
    error_for: ErrorFor,
}

/// The side of an exchange for which an `Err` is an error.
#[derive(Clone, Copy)]
enum ErrorFor {
    Everyone,
    /// A status such as 404 or `NOT_FOUND`.
    #[cfg_attr(
        not(any(feature = "http", feature = "tonic")),
        expect(dead_code, reason = "only a status needs it")
    )]
    Client,
    /// A status such as 303.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only a status of HTTP needs it"))]
    Nobody,
}

impl Failure<'_> {
    /// Whether the `Err` is an error in a span of this kind.
    pub(super) fn is_error(&self, kind: &SpanKind) -> bool {
        match self.error_for {
            ErrorFor::Everyone => true,
            ErrorFor::Client => *kind == SpanKind::Client,
            ErrorFor::Nobody => false,
        }
    }
}

impl Debug for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure").field("type_name", &self.type_name).finish_non_exhaustive()
    }
}

/// An error, as the most informative trait that it implements. The traits are in descending order.
pub(super) enum ErrorView<'a> {
    Error(&'a (dyn Error + 'a)),
    Display(&'a (dyn Display + 'a)),
    Payload(&'a (dyn Any + Send)),
    Debug(&'a (dyn Debug + 'a)),
    Nothing,
}

macro_rules! derefs {
    ($([$($parameters:tt)*] $from:ty => $to:ty;)*) => {$(
        impl<$($parameters)*> Deref for $from {
            type Target = $to;

            // `always`, because unoptimized callers would otherwise store each result.
            #[inline(always)]
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }
    )*};
}

pub(super) use derefs;

// Method lookup ignores lifetimes, so no level may require `'static`: an error that borrows would select that level and
// then fail to compile. The error's borrows have the lifetime `'e`.
macro_rules! levels {
    ($($(#[$doc:meta])* $name:ident [$($bound:tt)*] $error:ident => $view:expr, $class:expr, else $next:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<T>($next<T>);

        derefs! { [T] $name<T> => $next<T>; }

        impl<'e, T, E: $($bound)* + 'e> $name<Result<T, E>> {
            /// Returns the classifier of the type.
            #[inline]
            pub fn __floe_classify(&self) -> Classifier<Result<T, E>> {
                Self::classify
            }

            fn classify(result: &Result<T, E>, sink: Sink<'_>) {
                if let Err($error) = result {
                    sink(Outcome::Failure(Failure {
                        type_name: type_name::<E>(),
                        class: $class,
                        view: $view,
                        error_for: ErrorFor::Everyone,
                    }));
                }
            }
        }
    )*};
}

/// `E` is the status of a response, or contains it. The conventions for
/// [HTTP](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status) and
/// [gRPC](https://opentelemetry.io/docs/specs/semconv/rpc/grpc/) define which statuses are errors.
#[derive(Debug)]
pub struct IsStatus<T>(IsErrorType<T>);

derefs! {
    [T] IsStatus<T> => IsErrorType<T>;
    [T, P] MayFail<T, P> => IsValue<T>;
    [T, P] MaybeUnresolved<T, P> => MayFail<T, P>;
}

#[cfg(any(feature = "http", feature = "tonic"))]
macro_rules! statuses {
    ($($level:ident [$($parameters:tt)*] $error:ident: $ty:ty => $view:expr, $error_for:expr;)*) => {$(
        impl<T, $($parameters)*> $level<Result<T, $ty>> {
            /// Returns the classifier of the type.
            #[inline]
            pub fn __floe_classify(&self) -> Classifier<Result<T, $ty>> {
                |result, sink| {
                    if let Err($error) = result {
                        sink(Outcome::Failure(Failure {
                            type_name: type_name::<$ty>(),
                            class: None,
                            view: $view,
                            error_for: $error_for,
                        }));
                    }
                }
            }
        }
    )*};
}

// axum turns these tuples into responses. Only a text of their bodies is read.
#[cfg(feature = "http")]
statuses! {
    IsStatus [] status: StatusCode => ErrorView::Display(status), error_for(*status);
    IsStatus [B] answer: Response<B> => ErrorView::Display(&answer.status()), error_for(answer.status());
    IsStatus [B: AsRef<str>] answer: (StatusCode, B) => ErrorView::Display(&Answer(answer.0, &answer.1)), error_for(answer.0);
    IsStatus [H, B: AsRef<str>] answer: (StatusCode, H, B) => ErrorView::Display(&Answer(answer.0, &answer.2)), error_for(answer.0);
    IsErrorType [B] answer: (StatusCode, B) => ErrorView::Display(&answer.0), error_for(answer.0);
    IsErrorType [H, B] answer: (StatusCode, H, B) => ErrorView::Display(&answer.0), error_for(answer.0);
    IsErrorType [H, I, B] answer: (StatusCode, H, I, B) => ErrorView::Display(&answer.0), error_for(answer.0);
}

/// The status of a response and its text.
#[cfg(feature = "http")]
struct Answer<'a, B>(StatusCode, &'a B);

#[cfg(feature = "http")]
impl<B: AsRef<str>> Display for Answer<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1.as_ref() {
            "" => Display::fmt(&self.0, f),
            text => write!(f, "{}: {text}", self.0),
        }
    }
}

#[cfg(feature = "http")]
fn error_for(status: StatusCode) -> ErrorFor {
    match status.as_u16() {
        ..400 => ErrorFor::Nobody,
        400..500 => ErrorFor::Client,
        500.. => ErrorFor::Everyone,
    }
}

#[cfg(feature = "tonic")]
statuses! {
    IsStatus [] status: tonic::Status => ErrorView::Error(status), grpc_error_for(status.code());
}

#[cfg(feature = "tonic")]
const fn grpc_error_for(code: tonic::Code) -> ErrorFor {
    use tonic::Code;

    match code {
        Code::Unknown
        | Code::DeadlineExceeded
        | Code::Unimplemented
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => ErrorFor::Everyone,
        _ => ErrorFor::Client,
    }
}

levels! {
    /// `E` implements `ErrorType`.
    IsErrorType [ErrorType] error => ErrorView::Error(error), Some(error.error_type()), else IsStdError;
    /// `E` implements `Error`.
    IsStdError [Error] error => ErrorView::Error(error), None, else IsAsDynSendError;
    /// `E` contains an error, as `anyhow::Error` and `Box<dyn Error + Send + Sync>` do.
    IsAsDynSendError [AsRef<dyn Error + Send + Sync + 'e>] error => ErrorView::Error(error.as_ref()), None, else IsAsDynError;
    /// `E` contains an error, as `Box<dyn Error>` does.
    IsAsDynError [AsRef<dyn Error + 'e>] error => ErrorView::Error(error.as_ref()), None, else IsDisplay;
    /// `E` implements `Display`.
    IsDisplay [Display] error => ErrorView::Display(error), None, else IsPayload;
    /// `E` is the payload of a panic, as in `std::thread::Result`.
    IsPayload [AsRef<dyn Any + Send>] error => ErrorView::Payload(error.as_ref()), None, else IsDebug;
    /// `E` implements `Debug`.
    IsDebug [Debug] error => ErrorView::Debug(error), None, else IsAnyResult;
    /// Any other `Result`.
    IsAnyResult [Sized] _error => ErrorView::Nothing, None, else IsValue;
}

/// Any other type, which is not a `Result` and does not fail.
#[derive(Debug)]
pub struct IsValue<T>(PhantomData<fn(&T)>);

impl<T> IsValue<T> {
    /// Returns the level of the type, which is this one.
    #[inline]
    pub const fn __floe_may_fail(&self) -> &Self {
        self
    }

    /// Returns the classifier of the type.
    #[inline]
    pub fn __floe_classify(&self) -> Classifier<T> {
        |_, _| ()
    }
}

/// A type that may be a `Result`, with the first level of its errors.
#[derive(Debug)]
pub struct MayFail<T, P>(IsValue<T>, P);

impl<T, E, P> MayFail<Result<T, E>, P> {
    /// Returns the first level of the errors.
    #[inline]
    pub const fn __floe_may_fail(&self) -> &P {
        &self.1
    }
}

/// Starts the method lookup for any type.
#[inline]
pub const fn probe<T>() -> MayFail<T, IsStatus<T>> {
    MayFail(IsValue(PhantomData), probe_result())
}

/// Starts the method lookup for a type that is called `Result`.
#[inline]
pub const fn probe_result<T>() -> IsStatus<T> {
    IsStatus(IsErrorType(IsStdError(IsAsDynSendError(IsAsDynError(probe_display())))))
}

/// Starts the method lookup for a `Result` whose error contains a type parameter. Such an error may implement `Error`
/// only for a `'static` parameter, as thiserror requires of a source, but method lookup ignores lifetimes. So the error
/// is read with `Display`.
#[inline]
pub const fn probe_display<T>() -> IsDisplay<T> {
    IsDisplay(IsPayload(IsDebug(IsAnyResult(IsValue(PhantomData)))))
}

/// Starts the method lookup for the type of a value, if the type cannot be named and may be unresolved.
#[inline]
pub const fn probe_of<T>(_: &T) -> MaybeUnresolved<T, IsStatus<T>> {
    MaybeUnresolved(probe())
}

/// Starts the method lookup like [`probe_of`], for an error that contains a type parameter, see [`probe_display`].
#[inline]
pub const fn probe_display_of<T>(_: &T) -> MaybeUnresolved<T, IsDisplay<T>> {
    MaybeUnresolved(MayFail(IsValue(PhantomData), probe_display()))
}

/// A type that inference may not have resolved yet.
#[derive(Debug)]
pub struct MaybeUnresolved<T, P>(MayFail<T, P>);

/// A type that inference has not resolved, or that contains a mistake.
///
/// Method lookup takes the first trait that may apply, and every trait may apply to such a type. This trait comes
/// first, so that the type is not taken for a `Result`. It has several implementations, so the compiler infers nothing
/// from it; two of them are for the fallback types of an expression like `panic!()`.
pub trait IsUnresolved<T> {
    /// Returns the level of a value that does not fail.
    fn __floe_may_fail(&self) -> IsValue<T> {
        IsValue(PhantomData)
    }
}

macro_rules! unresolved {
    ($($ty:ty)*) => {$(
        impl<P> IsUnresolved<$ty> for MaybeUnresolved<$ty, P> {}
    )*};
}

// With fewer than ten types, the compiler would also report that it cannot choose one of them.
unresolved! { () Never bool char String OsString PathBuf Duration Instant SystemTime Layout }

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU8, ParseIntError};

    use super::*;

    fn outcome_of<T>(value: &T) -> Option<String> {
        let mut found = None;
        by_discriminant(value, &mut |outcome| found = Some(format!("{outcome:?}")));
        found
    }

    #[test]
    fn an_error_is_found_without_its_traits() {
        struct Opaque;
        type Nested = Result<fn(u8) -> Result<(), u8>, [(u8, Opaque); 1]>;

        let parsed: Result<u8, ParseIntError> = "x".parse();
        let unread = |name: &str| Some(format!("Unread({name:?})"));
        assert_eq!(outcome_of(&parsed), unread("core::num::error::ParseIntError"));
        assert_eq!(outcome_of(&Err::<NonZeroU8, ()>(())), unread("()"));
        let nested: Nested = Err([(1, Opaque)]);
        let name = type_name::<[(u8, Opaque); 1]>();
        assert_eq!(outcome_of(&nested), unread(name));
        assert_eq!(outcome_of(&Ok::<_, Opaque>(7)), None);
        assert_eq!(outcome_of(&NonZeroU8::new(1).map(Ok::<_, u8>)), None);
        assert_eq!(outcome_of(&Some(Err::<u8, _>(7))), None);
        assert_eq!(outcome_of(&1_u32), None);
    }
}
