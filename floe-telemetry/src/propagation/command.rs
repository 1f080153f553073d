//! Child processes that continue the trace.

use std::process::Command;

use super::environment::normalize;
use super::{EnvironmentCarrier, inject_context, with_propagator};

/// Hands the current context to a child process.
pub trait CommandExt {
    /// Puts the current context into the environment of the child, which reads it with
    /// [`from_environment`](super::from_environment) or with any other OpenTelemetry library that
    /// knows [environment carriers].
    ///
    /// Variables of another context that this process was started with do not reach the child,
    /// unless there is no current context at all: then the child continues what started us.
    ///
    /// For a `tokio::process::Command`, call it on `command.as_std_mut()`.
    ///
    /// ```
    /// use std::process::Command;
    /// use floe_telemetry::{propagation::CommandExt, testing, traced};
    ///
    /// #[traced(name = "dbt.build", kind = client)]
    /// fn build() -> std::io::Result<Vec<u8>> {
    ///     Ok(Command::new("printenv").arg("TRACEPARENT").inject_context().output()?.stdout)
    /// }
    ///
    /// let mut printed = Vec::new();
    /// let spans = testing::capture(|| printed = build().unwrap());
    /// let span = spans.single("dbt.build").span_context().clone();
    /// let expected = format!("00-{}-{}-03\n", span.trace_id(), span.span_id());
    /// assert_eq!(String::from_utf8(printed).unwrap(), expected);
    /// ```
    ///
    /// [environment carriers]: https://opentelemetry.io/docs/specs/otel/context/env-carriers/
    fn inject_context(&mut self) -> &mut Self;
}

impl CommandExt for Command {
    fn inject_context(&mut self) -> &mut Self {
        let mut environment = EnvironmentCarrier::default();
        inject_context(&mut environment);
        if environment.iter().next().is_none() {
            return self;
        }
        let fields: Vec<_> =
            with_propagator(|propagator| propagator.fields().map(normalize).collect());
        for name in fields {
            self.env_remove(name);
        }
        // A child with a NUL in its environment cannot be started. Our own values never have one.
        let safe = environment
            .into_iter()
            .filter(|(_, value)| !value.contains('\0'));
        self.envs(safe)
    }
}
