//! The span of a dbt command.

use std::time::{Duration, SystemTime};

use floe_plugin::Operation as _;
use floe_plugin::dbt::{COMMAND, Dbt, DbtOutcome, Invocation};
use floe_plugins::process::foreground::Exit;
use floe_telemetry::opentelemetry::trace::{
    SpanContext, Status, TraceContextExt as _, Tracer as _,
};
use floe_telemetry::opentelemetry::{Context, KeyValue};
use floe_telemetry::{FloeAttributes, get_tracer, trace::RecorderTracer};

use super::nodes::Counts;

/// The span of a command: its own span, or a span that the caller starts and ends.
#[derive(Debug)]
pub(super) struct CommandSpan {
    pub(super) tracer: RecorderTracer,
    pub(super) context: Context,
    is_owned: bool,
    /// The name, for example `dbt build`.
    pub(super) name: String,
    pub(super) started: SystemTime,
    pub(super) invocation_id: String,
    /// The reason why the command failed, unless a node failed.
    pub(super) failure: Option<String>,
}

impl CommandSpan {
    pub(super) fn start(tracer: &'static str, command: &str, parent: &Context) -> Self {
        let dbt = Dbt { operation: command, ..Dbt::default() };
        let mut attributes = dbt.to_otel_dict();
        attributes.push(KeyValue::new(COMMAND, command.to_owned()));
        let started = SystemTime::now();
        let tracer_name = tracer;
        let tracer = get_tracer(tracer);
        let builder = tracer
            .span_builder(dbt.span_name().replace(' ', "."))
            .with_attributes(attributes)
            .with_start_time(started);
        let span = builder.start_with_context(&tracer, parent);
        Self {
            is_owned: true,
            started,
            ..Self::within(tracer_name, command, parent.with_span(span))
        }
    }

    pub(super) fn within(tracer: &'static str, command: &str, context: Context) -> Self {
        Self {
            tracer: get_tracer(tracer),
            context,
            is_owned: false,
            name: format!("dbt {command}"),
            started: SystemTime::now(),
            invocation_id: String::new(),
            failure: None,
        }
    }

    pub(super) fn span_context(&self) -> SpanContext {
        self.context.span().span_context().clone()
    }

    pub(super) fn set_attribute(&self, key: &'static str, value: &str) {
        let attribute = KeyValue::new(key, value.to_owned());
        self.context.span().set_attribute(attribute);
    }

    pub(super) fn describe(&self, attributes: &impl FloeAttributes) {
        self.context.span().set_attributes(attributes.to_otel_dict());
    }

    pub(super) fn set_invocation(&mut self, id: &str) {
        id.clone_into(&mut self.invocation_id);
        self.set_attribute(Invocation::INVOCATION_ID, id);
    }

    /// Adds the numbers of nodes. Returns the reason why the command failed, if it failed.
    pub(super) fn conclude(&self, exit: Exit, end: SystemTime, counts: &Counts) -> Option<String> {
        let took = end.duration_since(self.started).ok();
        self.describe(&DbtOutcome {
            models_run: Some(counts.models),
            tests_run: Some(counts.tests),
            failures: Some(counts.failures),
            execution_time_seconds: took.as_ref().map(Duration::as_secs_f64),
        });
        let of_nodes = |code: i32| match counts.failures {
            0 => format!("dbt exited with code {code}"),
            1 => "1 node failed".to_owned(),
            failures => format!("{failures} nodes failed"),
        };
        match exit {
            Exit::Code(0) => None,
            Exit::Code(code) => Some(self.failure.clone().unwrap_or_else(|| of_nodes(code))),
            Exit::Signal(signal) => Some(format!("signal {signal} ended dbt")),
        }
    }

    /// Records the exit code, and ends the span unless the caller ends it.
    pub(super) fn end(&self, exit: Exit, end: SystemTime, description: Option<String>) {
        let span = self.context.span();
        let error_type = match exit {
            Exit::Code(code) => {
                span.set_attribute(KeyValue::new("process.exit.code", i64::from(code)));
                format!("exit_{code}")
            }
            Exit::Signal(signal) => format!("signal_{signal}"),
        };
        if !self.is_owned {
            return;
        }
        if let Some(description) = description {
            span.set_attribute(KeyValue::new("error.type", error_type));
            span.set_status(Status::error(description));
        } else {
            span.set_status(Status::Ok);
        }
        span.end_with_timestamp(end);
    }
}
