//! The outcome that a status of dbt means.

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    Success,
    Warned,
    Failed,
    Error,
    /// Another node failed.
    Skipped,
    /// dbt reused an earlier build or test, or had nothing to do. `reason` is dbt Fusion's word for it.
    Unchanged {
        reason: &'static str,
    },
}

impl Outcome {
    /// Returns the outcome that a status means. An unknown status is an error only if its name contains `error`.
    pub(crate) fn of(status: &str, adapter_message: Option<&str>) -> Self {
        match status {
            "warn" => Self::Warned,
            "fail" => Self::Failed,
            "skipped" => Self::Skipped,
            // dbt State gives a reused test the status of its earlier run.
            "pass" if adapter_message == Some("NO-OP") => Self::Unchanged { reason: "cached" },
            "reused" => Self::Unchanged { reason: "cached" },
            "no-op" => Self::Unchanged { reason: "no_op" },
            // A microbatch model is a partial success if some of its batches failed.
            other if other == "partial success" || other.contains("error") => Self::Error,
            _ => Self::Success,
        }
    }

    pub(crate) fn is_failed(self) -> bool {
        matches!(self, Self::Failed | Self::Error)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Success | Self::Warned => "success",
            Self::Failed | Self::Error => "error",
            Self::Skipped | Self::Unchanged { .. } => "skipped",
        }
    }

    /// Returns the outcome of a test that has run.
    pub(crate) fn of_test(self) -> Option<&'static str> {
        match self {
            Self::Success => Some("passed"),
            Self::Warned => Some("warned"),
            Self::Failed => Some("failed"),
            Self::Error | Self::Skipped | Self::Unchanged { .. } => None,
        }
    }
}
