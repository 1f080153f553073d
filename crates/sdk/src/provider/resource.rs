//! The attributes of the resource that do not come from the configuration
//! ([conventions](https://opentelemetry.io/docs/specs/semconv/resource/)).
//!
//! The resource is built without the detectors of OpenTelemetry's SDK, so that only `config/env.rs` reads
//! `OTEL_RESOURCE_ATTRIBUTES`.

use std::sync::OnceLock;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;

use crate::config::{MetricsConfig, TelemetryConfig};
use crate::detection;
use crate::error::Error;
use crate::recorder::random_bits;

const INSTANCE_ID: &str = "service.instance.id";

/// Returns the resource. Fails if a detector is not linked, or is registered twice.
pub(super) fn of(config: &TelemetryConfig) -> Result<Resource, Error> {
    let configured = &config.resource_attributes;
    let mut detected = detection::detect(&config.detectors)?;
    detected.retain(|attribute| configured.detected.selects(attribute.key.as_str()));
    let schema_url = if detected.is_empty() { "" } else { detection::SCHEMA_URL };
    Ok(Resource::builder_empty()
        .with_attributes(defaults())
        .with_attributes(detected)
        .with_attributes(configured.to_otel_dict())
        .with_schema_url([], schema_url)
        .build())
}

/// Returns the resource of metrics, which may have a different instance id.
pub(super) fn of_metrics(resource: &Resource, config: &MetricsConfig) -> Resource {
    let Some(id) = &config.service_instance_id else {
        return resource.clone();
    };
    let attributes = resource.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let id = KeyValue::new(INSTANCE_ID, id.clone());
    Resource::builder_empty()
        .with_schema_url(
            attributes.chain([id]),
            resource.schema_url().unwrap_or_default().to_owned(),
        )
        .build()
}

/// Returns the attributes of this SDK and this process, which detectors and the configuration can replace.
fn defaults() -> [KeyValue; 4] {
    [
        KeyValue::new("telemetry.sdk.name", "floe-telemetry"),
        KeyValue::new("telemetry.sdk.language", "rust"),
        KeyValue::new("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new(INSTANCE_ID, instance_id()),
    ]
}

/// Returns a random UUID of version 4, the same for all providers of the process.
fn instance_id() -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| uuid(random_bits()))
}

/// Formats a UUID of version 4 ([RFC 9562](https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-4)).
fn uuid(random: u128) -> String {
    const VERSION: u128 = 0xf << 76;
    const VARIANT: u128 = 0b11 << 62;
    let bits = random & !VERSION & !VARIANT | 4 << 76 | 0b10 << 62;
    let hex = format!("{bits:032x}");
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_a_uuid_of_version_4() {
        assert_eq!(uuid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(instance_id(), instance_id());
        assert_ne!(random_bits(), random_bits());
    }
}
