//! The context of an invocation: its id, the name by which the function was invoked, and the deadline.

use std::borrow::Cow;
use std::env;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{self, Sender};
use std::task::Context as TaskContext;
use std::time::{Duration, SystemTime};

use floe_telemetry::trace::Opening;
use floe_telemetry_core::__sdk::program_signals;
use futures_channel::oneshot::{self, Receiver};

/// The variable in which Lambda passes X-Ray's header.
const VARIABLE: &str = "_X_AMZN_TRACE_ID";

/// The time before the deadline at which the span of an invocation ends.
const BEFORE_DEADLINE: Duration = Duration::from_millis(250);

/// Reads the invocation that a request of this type belongs to.
pub trait ReadInvocation<R> {
    /// Returns the facts about the invocation that the request contains.
    fn read<'a>(&self, request: &'a R) -> Invocation<'a>;
}

/// Requests of any type, which say nothing about their invocations.
#[derive(Clone, Copy, Debug)]
pub struct AnyRequest;

impl<R> ReadInvocation<R> for AnyRequest {
    fn read<'a>(&self, _: &'a R) -> Invocation<'a> {
        Invocation::default()
    }
}

/// Requests of `lambda_runtime` and `lambda_http`.
#[cfg(feature = "lambda_runtime")]
#[derive(Clone, Copy, Debug)]
pub struct RuntimeRequest;

#[cfg(feature = "lambda_runtime")]
mod runtime {
    use lambda_runtime::{Context, LambdaEvent, LambdaInvocation};

    use super::{Invocation, ReadInvocation, RuntimeRequest};

    impl<T> ReadInvocation<LambdaEvent<T>> for RuntimeRequest {
        fn read<'a>(&self, event: &'a LambdaEvent<T>) -> Invocation<'a> {
            of(&event.context)
        }
    }

    impl ReadInvocation<LambdaInvocation> for RuntimeRequest {
        fn read<'a>(&self, invocation: &'a LambdaInvocation) -> Invocation<'a> {
            of(&invocation.context)
        }
    }

    impl<B> ReadInvocation<http::Request<B>> for RuntimeRequest {
        fn read<'a>(&self, request: &'a http::Request<B>) -> Invocation<'a> {
            request.extensions().get().map(of).unwrap_or_default()
        }
    }

    fn of(context: &Context) -> Invocation<'_> {
        Invocation {
            request_id: Some(&context.request_id),
            arn: Some(&context.invoked_function_arn),
            trace: context.xray_trace_id.as_deref(),
            version: &context.env_config.version,
            deadline: context.deadline,
        }
    }
}

/// The facts about an invocation that its request contains.
#[derive(Clone, Copy, Debug, Default)]
pub struct Invocation<'a> {
    request_id: Option<&'a str>,
    arn: Option<&'a str>,
    trace: Option<&'a str>,
    version: &'a str,
    /// In milliseconds since 1970.
    deadline: u64,
}

impl Invocation<'_> {
    /// Sets the attributes of the [conventions](https://opentelemetry.io/docs/specs/semconv/faas/aws-lambda/).
    pub(crate) fn describe(&self, opening: &mut Opening) {
        opening.attribute("faas.invocation_id", &self.request_id);
        opening.attribute("aws.lambda.invoked_arn", &self.arn);
        let parts: Vec<_> = self.arn.unwrap_or_default().split(':').collect();
        // `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, and the alias, instead of which the version is recorded.
        if let Some(function) = parts.get(..7) {
            let mut function = function.join(":");
            if parts.len() > 7 {
                function = format!("{function}:{}", self.version);
            }
            opening.attribute_from("cloud.resource_id", function);
            opening.attribute("cloud.account.id", parts[4]);
        }
    }

    /// Returns the header of X-Ray that Lambda passes with the invocation. Where the request does not contain it, the
    /// runtime has set it as a variable, unless it runs several invocations at once.
    pub(crate) fn trace(&self) -> Option<Cow<'_, str>> {
        let variable = || env::var(VARIABLE).ok().map(Cow::Owned);
        self.trace.map(Cow::Borrowed).or_else(variable)
    }

    /// Returns the deadline, unless it has passed: local emulators of Lambda give any number.
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        let deadline = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(self.deadline))?;
        let left = deadline.duration_since(SystemTime::now()).ok()?;
        let (near, is_near) = oneshot::channel::<()>();
        let (ended, is_ended) = mpsc::channel::<()>();
        let wait = move || {
            let _ = is_ended.recv_timeout(left.saturating_sub(BEFORE_DEADLINE));
            drop(near);
        };
        program_signals::spawn("floe-deadline", wait).ok()?;
        Some(Deadline { is_near, _ended: ended })
    }
}

/// A thread that wakes the task of an invocation before its deadline, and ends if this is dropped.
pub(crate) struct Deadline {
    is_near: Receiver<()>,
    _ended: Sender<()>,
}

impl Deadline {
    /// Whether the deadline is near. If not, the task is woken when it is.
    pub(crate) fn is_near(&mut self, task: &mut TaskContext<'_>) -> bool {
        Pin::new(&mut self.is_near).poll(task).is_ready()
    }
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadline").finish_non_exhaustive()
    }
}
