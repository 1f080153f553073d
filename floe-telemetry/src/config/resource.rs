//! Who sends: the service, the product and the environment.

use std::collections::BTreeMap;

use opentelemetry::KeyValue;
use serde::{Deserialize, Serialize};

use super::problems::Problems;
use crate::attributes::Mode;
use crate::keys;

/// The attributes of the resource: they describe the process, once for all its telemetry.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct ResourceAttributes {
    /// `service.name`, 1 to 128 characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 128)))]
    pub service_name: String,
    /// `service.version`, beginning with three numbers.
    #[cfg_attr(
        feature = "schema",
        schemars(regex(pattern = r"^[0-9]+\.[0-9]+\.[0-9]+"))
    )]
    pub service_version: String,
    /// `deployment.environment.name`, and the older `deployment.environment`.
    pub deployment_environment: Mode,
    /// `floe.namespace`, 1 to 128 characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 128)))]
    pub floe_namespace: String,
    /// `floe.product.name`, 1 to 128 characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 128)))]
    pub floe_product_name: String,
    /// `floe.product.version`.
    pub floe_product_version: String,
    /// `floe.mode`.
    pub floe_mode: Mode,
    /// Whatever else describes the process, under its own keys, for example `k8s.pod.name`. A key
    /// of the fields above is not accepted here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub additional: BTreeMap<String, String>,
}

/// The keys that have a field.
const OWN_KEYS: [&str; 8] = [
    "service.name",
    "service.version",
    "deployment.environment.name",
    "deployment.environment",
    keys::FLOE_NAMESPACE,
    keys::FLOE_PRODUCT_NAME,
    keys::FLOE_PRODUCT_VERSION,
    keys::FLOE_MODE,
];

impl ResourceAttributes {
    /// A service that is its own product, version 0.0.0, namespace `default`, in development.
    pub fn new(service_name: impl Into<String>) -> Self {
        let service_name = service_name.into();
        Self {
            service_version: "0.0.0".to_owned(),
            deployment_environment: Mode::Dev,
            floe_namespace: "default".to_owned(),
            floe_product_name: service_name.clone(),
            floe_product_version: "0.0.0".to_owned(),
            floe_mode: Mode::Dev,
            additional: BTreeMap::new(),
            service_name,
        }
    }

    /// The attributes under their keys.
    #[must_use]
    pub fn to_otel_dict(&self) -> Vec<KeyValue> {
        let environment = self.deployment_environment.as_str();
        let mut attributes = vec![
            KeyValue::new("service.name", self.service_name.clone()),
            KeyValue::new("service.version", self.service_version.clone()),
            KeyValue::new("deployment.environment.name", environment),
            KeyValue::new("deployment.environment", environment),
        ];
        attributes.extend(self.identity());
        let additional = self.additional.iter();
        attributes.extend(additional.map(|(key, value)| KeyValue::new(key.clone(), value.clone())));
        attributes
    }

    /// The four attributes that every span carries.
    pub(crate) fn identity(&self) -> Vec<KeyValue> {
        vec![
            KeyValue::new(keys::FLOE_NAMESPACE, self.floe_namespace.clone()),
            KeyValue::new(keys::FLOE_PRODUCT_NAME, self.floe_product_name.clone()),
            KeyValue::new(
                keys::FLOE_PRODUCT_VERSION,
                self.floe_product_version.clone(),
            ),
            KeyValue::new(keys::FLOE_MODE, self.floe_mode.as_str()),
        ]
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        for (key, value) in [
            ("service_name", &self.service_name),
            ("floe_namespace", &self.floe_namespace),
            ("floe_product_name", &self.floe_product_name),
        ] {
            if let Err(message) = check_name(value) {
                problems.add(&format!("resource_attributes.{key}"), message);
            }
        }
        if !begins_with_three_numbers(&self.service_version) {
            problems.add(
                "resource_attributes.service_version",
                format!(
                    "`{}` is not a version, accepted is for example `1.4.0`",
                    self.service_version,
                ),
            );
        }
        for key in self.additional.keys() {
            if key.is_empty() || OWN_KEYS.contains(&&**key) {
                problems.add(
                    "resource_attributes.additional",
                    format!("found `{key}`, accepted is a key that has no field of its own"),
                );
            }
        }
    }
}

/// Names are 1 to 128 characters long.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    match name.chars().count() {
        1..=128 => Ok(()),
        length => Err(format!("found {length} characters, accepted are 1 to 128")),
    }
}

pub(super) fn begins_with_three_numbers(version: &str) -> bool {
    let mut parts = version.splitn(3, '.');
    let mut number = |last: bool| {
        parts.next().is_some_and(|part| {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            digits > 0 && (last || digits == part.len())
        })
    };
    number(false) && number(false) && number(true)
}
