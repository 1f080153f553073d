//! The name, unit, description and boundaries of a metric.

/// The name of a metric, its unit, its description, and the boundaries of its buckets.
///
/// A plain string converts into a metric without unit and description. Define the metric as a
/// constant when several call sites record it.
///
/// ```
/// use floe_telemetry::metrics::Metric;
///
/// const DURATION: Metric<'_> = Metric::new("orders.import.duration")
///     .with_unit("s")
///     .with_description("How long a run of a pipeline takes.")
///     .with_boundaries(&[1.0, 10.0, 60.0, 600.0]);
/// # let _ = DURATION;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric<'a> {
    pub(super) name: &'a str,
    pub(super) unit: &'a str,
    pub(super) description: &'a str,
    pub(super) boundaries: Option<&'a [f64]>,
}

impl<'a> Metric<'a> {
    /// Creates a metric with this name: a letter, then up to 254 letters, digits, `_`, `.`, `-` and `/`
    /// ([specification](https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-name-syntax)). A metric with
    /// another name causes one warning, and is not recorded.
    pub const fn new(name: &'a str) -> Self {
        Self { name, unit: "", description: "", boundaries: None }
    }

    /// Checks the name of an instrument.
    #[doc(hidden)]
    pub fn check_name(name: &str) -> Result<(), &'static str> {
        let mut bytes = name.bytes();
        let is_valid = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte))
            && name.len() <= 255;
        is_valid.then_some(()).ok_or(
            "expected a name of an ASCII letter and up to 254 ASCII letters, digits, `_`, `.`, `-` and `/`, found another text",
        )
    }

    /// Checks the parts that OpenTelemetry's SDK restricts.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        Self::check_name(self.name)?;
        if self.unit.len() > 63 || !self.unit.is_ascii() {
            return Err("expected a unit of at most 63 ASCII characters, found another text");
        }
        let boundaries = self.boundaries.unwrap_or_default();
        if !boundaries.iter().all(|it| it.is_finite()) || !boundaries.is_sorted_by(|a, b| a < b) {
            return Err("expected finite boundaries in ascending order, found others");
        }
        Ok(())
    }

    /// Sets the unit, in [UCUM](https://ucum.org) notation: `s`, `By`, `{row}`. At most 63 ASCII characters.
    #[must_use]
    pub const fn with_unit(self, unit: &'a str) -> Self {
        Self { unit, ..self }
    }

    /// Sets the description, for people who read the metric in a backend.
    #[must_use]
    pub const fn with_description(self, description: &'a str) -> Self {
        Self { description, ..self }
    }

    /// Sets the boundaries between the buckets of a histogram, in ascending order. By default, they are those of the
    /// specification, which suit milliseconds.
    #[must_use]
    pub const fn with_boundaries(self, boundaries: &'a [f64]) -> Self {
        Self { boundaries: Some(boundaries), ..self }
    }
}

impl<'a> From<&'a str> for Metric<'a> {
    fn from(name: &'a str) -> Self {
        Self::new(name)
    }
}

impl<'a> From<&'a String> for Metric<'a> {
    fn from(name: &'a String) -> Self {
        Self::new(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_follows_the_specification() {
        for good in ["a", "floe.pipeline.runs", "a/b_c-D9"] {
            assert!(Metric::check_name(good).is_ok(), "{good}");
        }

        for bad in ["", "9a", "_a", "a b", "ä", &"a".repeat(256)] {
            assert!(Metric::check_name(bad).is_err(), "{bad}");
        }
    }
}
