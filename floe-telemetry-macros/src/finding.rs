//! A mistake in a key or a value, reported as a warning.

use floe_semconv::Problem;

use crate::symbol::{ERROR_IF, KIND, NAME};

pub(crate) struct Finding {
    pub(crate) what: What,
    /// The description, a sentence.
    pub(crate) message: String,
}

/// The first part of the warning: the name of the macro whose use is deprecated.
#[derive(Clone, Copy)]
pub(crate) enum What {
    DeprecatedKey,
    UnknownValue,
    ValueOfAnotherType,
    NotAKey,
    NotAnAttribute,
    LikeAKey,
}

impl What {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::DeprecatedKey => "this_key_is_deprecated",
            Self::UnknownValue => "this_value_is_unknown",
            Self::ValueOfAnotherType => "this_value_has_another_type",
            Self::NotAKey => "this_is_not_a_key",
            Self::NotAnAttribute => "this_is_not_an_attribute",
            Self::LikeAKey => "this_key_may_be_misspelled",
        }
    }
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
        Some(Self {
            what: What::NotAnAttribute,
            message: format!(
                "`{key}` is not an attribute, expected the argument `{usage}` of `#[traced]`"
            ),
        })
    }
}

impl From<Problem<'_>> for Finding {
    fn from(problem: Problem<'_>) -> Self {
        Self {
            what: match problem {
                Problem::Deprecated { .. } => What::DeprecatedKey,
                Problem::Unknown { .. } => What::LikeAKey,
                Problem::NoMember { .. } => What::UnknownValue,
                Problem::NoKey { .. } => What::NotAKey,
                _ => What::ValueOfAnotherType,
            },
            message: problem.to_string(),
        }
    }
}
