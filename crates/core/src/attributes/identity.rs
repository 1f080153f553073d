//! The floe identity: the data product that a span belongs to.

use std::fmt;
use std::str::FromStr;

use crate::FloeAttributes;

/// The mode that the floe platform runs in.
///
/// ```
/// use floe_telemetry::floe::Mode;
///
/// assert_eq!("staging".parse(), Ok(Mode::Staging));
/// assert!("production".parse::<Mode>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, FloeAttributes, Hash, PartialEq)]
#[floe(rename_all = "lowercase")]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "lowercase")
)]
pub enum Mode {
    /// Development.
    #[default]
    Dev,
    /// Staging.
    Staging,
    /// Production.
    Prod,
}

impl Mode {
    /// Returns `dev`, `staging` or `prod`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Staging => "staging",
            Self::Prod => "prod",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The error of parsing a text that is not the name of a [`Mode`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ParseModeError {
    /// `None` if the text is empty, long or not only letters, `-` and `_`, because such a text may be a credential.
    found: Option<String>,
}

impl ParseModeError {
    fn new(text: &str) -> Self {
        let is_word = !text.is_empty()
            && text.len() <= 32
            && text.bytes().all(|c| c.is_ascii_alphabetic() || c == b'-' || c == b'_');
        Self { found: is_word.then(|| text.to_owned()) }
    }
}

impl fmt::Display for ParseModeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected `dev`, `staging` or `prod`")?;
        match &self.found {
            Some(found) => write!(f, ", found `{found}`"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ParseModeError {}

impl FromStr for Mode {
    type Err = ParseModeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "dev" => Ok(Self::Dev),
            "staging" => Ok(Self::Staging),
            "prod" => Ok(Self::Prod),
            other => Err(ParseModeError::new(other)),
        }
    }
}

/// The floe identity of a span, and the pipeline, job, model and asset that it belongs to.
///
/// The first four fields are the identity. In a process of the floe platform the collector adds them to every
/// span, so set them only on spans that belong to another product.
///
/// ```
/// use floe_telemetry::FloeAttributes;
/// use floe_telemetry::floe::{FloeSpanAttributes, Mode};
///
/// let identity = FloeSpanAttributes::new("sales", "customer-360", "1.2.0", Mode::Prod);
/// assert_eq!(identity.to_otel_dict().len(), 4);
/// assert_eq!(FloeSpanAttributes::PIPELINE_ID, "floe.pipeline.id");
/// ```
#[derive(Clone, Debug, Eq, FloeAttributes, PartialEq)]
pub struct FloeSpanAttributes {
    /// The namespace, 1 to 128 characters.
    #[floe(key = "floe.namespace")]
    pub namespace: String,
    /// The name of the data product, 1 to 128 characters.
    #[floe(key = "floe.product.name")]
    pub product_name: String,
    /// The version of the data product.
    #[floe(key = "floe.product.version")]
    pub product_version: String,
    /// The mode that the platform runs in.
    #[floe(key = "floe.mode")]
    pub mode: Mode,
    /// The id of the pipeline.
    #[floe(key = "floe.pipeline.id")]
    pub pipeline_id: Option<String>,
    /// The kind of the job.
    #[floe(key = "floe.job.type")]
    pub job_type: Option<String>,
    /// The name of the dbt model.
    #[floe(key = "floe.dbt.model")]
    pub model_name: Option<String>,
    /// The key of the orchestrator's asset.
    #[floe(key = "floe.dagster.asset")]
    pub asset_key: Option<String>,
}

impl FloeSpanAttributes {
    /// Creates the identity from its four attributes. The other fields are `None`.
    pub fn new(
        namespace: impl Into<String>,
        product_name: impl Into<String>,
        product_version: impl Into<String>,
        mode: Mode,
    ) -> Self {
        Self {
            namespace: namespace.into(),
            product_name: product_name.into(),
            product_version: product_version.into(),
            mode,
            pipeline_id: None,
            job_type: None,
            model_name: None,
            asset_key: None,
        }
    }
}
