//! The configuration as text.

use super::TelemetryConfig;
use super::document::Document;
use super::problems::Problems;
use crate::error::Error;

impl TelemetryConfig {
    /// Reads YAML (or JSON, which is YAML too) and validates it.
    ///
    /// # Errors
    ///
    /// The text is not YAML, a key is unknown, missing or of the wrong type, or a value is not
    /// accepted. All mistakes are told in one error, each with its line and column.
    ///
    /// ```
    /// use floe_telemetry::TelemetryConfig;
    ///
    /// let error = TelemetryConfig::from_yaml("
    /// resource_attributes: {service_name: orders, service_version: 1.2.0,
    ///   deployment_environment: production, floe_namespace: sales, floe_product_name: orders,
    ///   floe_product_version: 1.2.0, floe_mode: prod}
    /// otlp_endpiont: http://collector:4317
    /// ").unwrap_err();
    /// assert_eq!(error.to_string(), "telemetry configuration: 2 mistakes
    ///   line 3, column 27: resource_attributes.deployment_environment: found `production`, accepted are `dev`, `staging` and `prod`, did you mean `prod`?
    ///   line 5, column 1: otlp_endpiont: unknown key: did you mean `otlp_endpoint`?");
    /// ```
    pub fn from_yaml(yaml: &str) -> Result<Self, Error> {
        let mut problems = Problems::default();
        let document = Document::parse(yaml, &mut problems)?;
        let config: Option<Self> = document.read(&mut problems);
        problems.are_in(document);
        if let Some(config) = &config {
            config.check(&mut problems);
        }
        problems.into_result()?;
        config.ok_or_else(|| Error::config("telemetry configuration: it cannot be read"))
    }

    /// Writes YAML that [`from_yaml`](Self::from_yaml) reads. A credential is written only if it
    /// is a reference.
    ///
    /// # Errors
    ///
    /// A value cannot be written, which would be a defect.
    pub fn to_yaml(&self) -> Result<String, Error> {
        serde_saphyr::to_string(self)
            .map_err(|error| Error::config(format!("telemetry configuration: {error}")))
    }

    /// What configurations look like, as a [JSON Schema](https://json-schema.org).
    #[cfg(feature = "schema")]
    #[must_use]
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}
