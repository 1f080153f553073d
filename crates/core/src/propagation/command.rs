//! Injection of context into the environment of child processes.

use std::process::Command;

use super::environment::normalize;
use super::{EnvironmentCarrier, inject_context, with_propagator};

/// Propagates the current context to a child process.
pub trait CommandExt {
    /// Injects the current context into the environment of the child. The child extracts it with
    /// [`from_environment`](super::from_environment) or with any OpenTelemetry library that supports
    /// [environment carriers].
    ///
    /// The child inherits the context variables of this process only if there is nothing to inject.
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
    /// let expected = format!("00-{}-{}-01\n", span.trace_id(), span.span_id());
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

        // A NUL in the environment would make `spawn` fail. Only a user's propagator can write one.
        let variables = environment.iter().filter(|(_, value)| !value.contains('\0'));
        self.envs(variables)
    }
}
