//! The variables that say who sends, and whether at all.

use super::Reader;
use super::parse::{self, Refusal};
use crate::attributes::Mode;
use crate::config::logging::Levels;
use crate::config::{ResourceAttributes, TelemetryConfig, resource};
use crate::keys;

pub(super) fn apply(config: &mut TelemetryConfig, reader: &mut Reader) {
    if reader.take("OTEL_SDK_DISABLED", parse::truth) == Some(true) {
        config.enabled = false;
    }
    let resource = &mut config.resource_attributes;
    if let Some(pairs) = reader.take("OTEL_RESOURCE_ATTRIBUTES", |text| {
        // "In case of any error, the entire value should be discarded."
        let pairs = parse::pairs(text).map_err(Refusal::Ignored)?;
        pairs
            .into_iter()
            .try_fold(resource.clone(), describe)
            .map_err(Refusal::Ignored)
    }) {
        *resource = pairs;
    }
    reader.set("OTEL_SERVICE_NAME", &mut resource.service_name, |text| {
        resource::check_name(text).map_err(Refusal::Refused)?;
        Ok(text.to_owned())
    });
    let logging = &mut config.logging;
    reader.set("FLOE_LOG_LEVEL", &mut logging.log_level, |text| {
        let levels = Levels::parse(text).map_err(Refusal::Ignored)?;
        Ok(levels.to_string())
    });
    let truths = [
        ("true", true),
        ("false", false),
        ("1", true),
        ("0", false),
        ("yes", true),
        ("no", false),
    ];
    reader.set(
        "FLOE_LOG_JSON",
        &mut logging.json_output,
        parse::word(&truths),
    );
}

/// Puts one attribute where it belongs.
fn describe(
    mut resource: ResourceAttributes,
    (key, value): (String, String),
) -> Result<ResourceAttributes, String> {
    let mode = |value: &str| {
        let mode: Result<Mode, _> = value.parse();
        mode.map_err(|error| format!("{key}: {error}"))
    };
    let name = |value: String| {
        resource::check_name(&value).map_err(|message| format!("{key}: {message}"))?;
        Ok::<_, String>(value)
    };
    match &*key {
        "service.name" => resource.service_name = name(value)?,
        "service.version" if resource::begins_with_three_numbers(&value) => {
            resource.service_version = value;
        }
        "service.version" => {
            return Err(format!(
                "{key}: `{value}` is not a version, accepted is for example `1.4.0`"
            ));
        }
        "deployment.environment" | "deployment.environment.name" => {
            resource.deployment_environment = mode(&value)?;
        }
        keys::FLOE_NAMESPACE => resource.floe_namespace = name(value)?,
        keys::FLOE_PRODUCT_NAME => resource.floe_product_name = name(value)?,
        keys::FLOE_PRODUCT_VERSION => resource.floe_product_version = value,
        keys::FLOE_MODE => resource.floe_mode = mode(&value)?,
        _ => {
            resource.additional.insert(key, value);
        }
    }
    Ok(resource)
}
