//! The largest age of a value.

use std::fmt;
use std::time::Duration;

use jiff::{Span, SpanRelativeTo};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The largest age of a value, as people write it: `24h`, `7 days`, `1d 12h`. A day has 24 hours.
///
/// ```
/// use std::time::Duration;
///
/// use floe_plugin::quality::MaxAge;
///
/// let age: MaxAge = "1d 12h".to_owned().try_into()?;
/// assert_eq!(age.duration(), Duration::from_secs(36 * 60 * 60));
/// assert_eq!(age.to_string(), "1d 12h");
/// let error = MaxAge::try_from("soon".to_owned()).unwrap_err();
/// assert_eq!(error, "expected a time such as `24h` or `7 days`, found `soon`");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct MaxAge {
    text: String,
    duration: Duration,
}

impl MaxAge {
    /// The age.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }
}

impl TryFrom<String> for MaxAge {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let span = text.parse::<Span>();
        let duration = span.and_then(|it| it.to_duration(SpanRelativeTo::days_are_24_hours()));
        match duration.ok().and_then(|it| Duration::try_from(it).ok()) {
            Some(duration) => Ok(Self { text, duration }),
            None => Err(format!("expected a time such as `24h` or `7 days`, found `{text}`")),
        }
    }
}

impl From<MaxAge> for String {
    fn from(age: MaxAge) -> Self {
        age.text
    }
}

impl fmt::Display for MaxAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
