//! What is wrong with a key or a value.

use floe_semconv::Problem;

/// Something that is wrong.
pub(crate) struct Finding {
    pub(crate) what: What,
    /// What is wrong, a sentence.
    pub(crate) message: String,
}

/// What is wrong, a name of the constant whose use is the warning.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    DeprecatedKey,
    UnknownKey,
    UnknownValue,
    ValueOfAnotherType,
    NotAKey,
}

impl From<Problem<'_>> for Finding {
    fn from(problem: Problem<'_>) -> Self {
        Self {
            what: match problem {
                Problem::Deprecated { .. } => What::DeprecatedKey,
                Problem::Unknown { .. } => What::UnknownKey,
                Problem::NoMember { .. } => What::UnknownValue,
                Problem::NoKey { .. } => What::NotAKey,
                _ => What::ValueOfAnotherType,
            },
            message: problem.to_string(),
        }
    }
}
