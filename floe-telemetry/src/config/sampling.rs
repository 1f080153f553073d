//! Which share of the traces is recorded.

use serde::{Deserialize, Serialize};

use crate::attributes::Mode;
use crate::error::Error;

/// The share of traces that is recorded, for each environment, from 0.0 to 1.0.
///
/// It decides for roots; a span with a parent follows its parent.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct SamplingConfig {
    /// Default 1.0.
    pub dev: f64,
    /// Default 0.5.
    pub staging: f64,
    /// Default 0.1.
    pub prod: f64,
}

impl Default for SamplingConfig {
    fn default() -> Self {
        Self {
            dev: 1.0,
            staging: 0.5,
            prod: 0.1,
        }
    }
}

impl SamplingConfig {
    /// The ratio of an environment.
    #[must_use]
    pub const fn ratio(&self, environment: Mode) -> f64 {
        match environment {
            Mode::Dev => self.dev,
            Mode::Staging => self.staging,
            Mode::Prod => self.prod,
        }
    }

    /// The ratio of an environment that is given by name.
    ///
    /// # Errors
    ///
    /// The environment is not one of `dev`, `staging` and `prod`.
    pub fn get_ratio(&self, environment: &str) -> Result<f64, Error> {
        let environment: Mode = environment
            .parse()
            .map_err(|error| Error::config(format!("sampling: {error}")))?;
        Ok(self.ratio(environment))
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        for (name, ratio) in [
            ("dev", self.dev),
            ("staging", self.staging),
            ("prod", self.prod),
        ] {
            if !(0.0..=1.0).contains(&ratio) {
                return Err(Error::config(format!(
                    "sampling.{name}: {ratio} is not a ratio: accepted is 0.0 to 1.0"
                )));
            }
        }
        Ok(())
    }
}
