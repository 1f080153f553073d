//! A mistake in a key or a value, reported as a warning.

use floe_semconv::Problem;

use crate::symbol::{ERROR_IF, KIND, NAME};

pub(crate) struct Finding {
    /// The first part of the warning: the name of the macro whose use is deprecated.
    pub(crate) name: &'static str,
    /// The description, in one sentence.
    pub(crate) message: String,
}

impl Finding {
    /// The advice for a field in `tracing`'s syntax that is an argument of `#[traced]`.
    pub(crate) fn of_a_field(key: &str) -> Option<Self> {
        let argument = match key {
            "otel.name" => NAME,
            "otel.kind" => KIND,
            "otel.status_code" | "otel.status_description" | "otel.status_message" => ERROR_IF,
            _ => return None,
        };
        let usage = argument.usage;
        let message =
            format!("`{key}` is not an attribute, expected the argument `{usage}` of `#[traced]`");
        Some(Self { name: "this_is_not_an_attribute", message })
    }
}

impl From<Problem<'_>> for Finding {
    fn from(problem: Problem<'_>) -> Self {
        let name = match problem {
            Problem::Deprecated { .. } => "this_key_is_deprecated",
            Problem::Unknown { .. } => "this_key_may_be_misspelled",
            Problem::NoMember { .. } => "this_value_is_unknown",
            Problem::NoKey { .. } => "this_is_not_a_key",
            _ => "this_value_has_another_type",
        };
        Self { name, message: problem.to_string() }
    }
}
