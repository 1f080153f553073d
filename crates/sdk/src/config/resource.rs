//! The resource: the service, its environment, and its floe product.

use std::collections::BTreeMap;

use floe_telemetry_core::{FloeSpanAttributes, Mode};
use opentelemetry::{KeyValue, Value};
use serde::{Deserialize, Serialize};

use super::mistake::{Mistake, at};
use super::secret;
use super::selection::Selection;
use crate::keys;

/// The attributes of the resource, which describe the process that produces the telemetry.
///
/// Only the name of the service is required. The four `floe_…` fields are for products of the floe platform: each set
/// field becomes an attribute of the resource and of every span and log record. Without them, no attribute of the floe
/// identity is written.
///
/// ```
/// use floe_telemetry::config::ResourceAttributes;
///
/// let mut resource = ResourceAttributes::new("orders");
/// resource.service_version = Some("3f2a91c".to_owned());
/// resource.deployment_environment = Some("production".to_owned());
/// assert_eq!(resource.to_otel_dict().len(), 3);
/// ```
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ResourceAttributes {
    /// `service.name`, 1 to 128 characters.
    pub service_name: String,
    /// `service.version`: any text. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_version: Option<String>,
    /// `deployment.environment.name`: any text. With a floe identity it is also written under the deprecated
    /// key `deployment.environment`. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_environment: Option<String>,
    /// `floe.namespace`, 1 to 128 characters. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floe_namespace: Option<String>,
    /// `floe.product.name`, 1 to 128 characters. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floe_product_name: Option<String>,
    /// `floe.product.version`: any text. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floe_product_version: Option<String>,
    /// `floe.mode`. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floe_mode: Option<Mode>,
    /// Other attributes, for example `k8s.pod.name`. The keys of the fields above are not accepted here.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        serialize_with = "secret::serialize_attributes"
    )]
    pub additional: BTreeMap<String, String>,
    /// The attributes of OpenTelemetry's configuration file that are not text.
    #[serde(skip)]
    pub(crate) typed: Vec<(String, Value)>,
    /// The keys of detected attributes that the resource keeps.
    #[serde(skip)]
    pub(crate) detected: Selection,
}

/// The maximum number of characters of a name.
pub(super) const MAX_NAME: usize = 128;

pub(super) const SERVICE_NAME: &str = "service.name";
const SERVICE_VERSION: &str = "service.version";
pub(super) const DEPLOYMENT_ENVIRONMENT_NAME: &str = "deployment.environment.name";
/// The deprecated key that [`DEPLOYMENT_ENVIRONMENT_NAME`] replaces.
pub(super) const DEPLOYMENT_ENVIRONMENT: &str = "deployment.environment";

impl ResourceAttributes {
    /// Creates the resource of a service with this name, without other attributes.
    pub fn new(service_name: impl Into<String>) -> Self {
        Self { service_name: service_name.into(), ..Self::default() }
    }

    /// Sets the four fields of the floe identity.
    #[must_use]
    pub fn with_identity(mut self, identity: &FloeSpanAttributes) -> Self {
        self.floe_namespace = Some(identity.namespace.clone());
        self.floe_product_name = Some(identity.product_name.clone());
        self.floe_product_version = Some(identity.product_version.clone());
        self.floe_mode = Some(identity.mode);
        self
    }

    /// Returns the attributes that are set.
    pub fn to_otel_dict(&self) -> Vec<KeyValue> {
        let identity = self.identity();
        let environment = self.deployment_environment.as_deref();
        let old_key = environment.filter(|_| {
            !identity.is_empty() && !self.additional.contains_key(DEPLOYMENT_ENVIRONMENT)
        });
        let [name, version, environment, ..] = self.fields();
        let own = [name, version, environment, (DEPLOYMENT_ENVIRONMENT, old_key)];
        let additional =
            self.additional.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let typed = self.typed.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        own.iter().filter_map(attribute).chain(identity).chain(additional).chain(typed).collect()
    }

    pub(crate) fn identity(&self) -> Vec<KeyValue> {
        self.fields()[3..].iter().filter_map(attribute).collect()
    }

    /// Returns the keys and the values of the fields. The last four are the floe identity.
    fn fields(&self) -> [(&'static str, Option<&str>); 7] {
        [
            (SERVICE_NAME, Some(&self.service_name)),
            (SERVICE_VERSION, self.service_version.as_deref()),
            (DEPLOYMENT_ENVIRONMENT_NAME, self.deployment_environment.as_deref()),
            (keys::FLOE_NAMESPACE, self.floe_namespace.as_deref()),
            (keys::FLOE_PRODUCT_NAME, self.floe_product_name.as_deref()),
            (keys::FLOE_PRODUCT_VERSION, self.floe_product_version.as_deref()),
            (keys::FLOE_MODE, self.floe_mode.map(Mode::as_str)),
        ]
    }

    /// Returns the path of the setting with this key.
    pub(super) fn path(key: &str) -> String {
        let own = Self::default().fields().iter().any(|(field, _)| *field == key);
        match key {
            DEPLOYMENT_ENVIRONMENT | DEPLOYMENT_ENVIRONMENT_NAME => {
                "resource_attributes.deployment_environment".to_owned()
            }
            key if own => format!("resource_attributes.{}", key.replace('.', "_")),
            key => format!("resource_attributes.additional.{key}"),
        }
    }

    /// Sets the field with this key, or an additional attribute.
    ///
    /// # Errors
    ///
    /// Fails if the field does not accept the value. The error describes the accepted values.
    pub(super) fn set(&mut self, key: String, value: String) -> Result<(), String> {
        match &*key {
            SERVICE_NAME => self.service_name = name(value)?,
            SERVICE_VERSION => self.service_version = Some(value),
            DEPLOYMENT_ENVIRONMENT_NAME => self.deployment_environment = Some(value),
            keys::FLOE_NAMESPACE => self.floe_namespace = Some(name(value)?),
            keys::FLOE_PRODUCT_NAME => self.floe_product_name = Some(name(value)?),
            keys::FLOE_PRODUCT_VERSION => self.floe_product_version = Some(value),
            keys::FLOE_MODE => {
                let mode: Result<Mode, _> = value.parse();
                self.floe_mode = Some(mode.map_err(|error| error.to_string())?);
            }
            _ => {
                check_key(&key)?;
                self.typed.retain(|(typed, _)| *typed != key);
                self.additional.insert(key, value);
            }
        }
        Ok(())
    }

    pub(super) fn check(&self) -> Result<(), Mistake> {
        for (field, value) in [
            ("service_name", Some(&self.service_name)),
            ("floe_namespace", self.floe_namespace.as_ref()),
            ("floe_product_name", self.floe_product_name.as_ref()),
        ] {
            let path = format!("resource_attributes.{field}");
            at(&path, value.map_or(Ok(()), |value| check_name(value)))?;
        }
        self.additional
            .keys()
            .try_for_each(|key| at("resource_attributes.additional", check_key(key)))
    }
}

fn attribute((key, value): &(&'static str, Option<&str>)) -> Option<KeyValue> {
    value.map(|value| KeyValue::new(*key, value.to_owned()))
}

fn name(name: String) -> Result<String, String> {
    check_name(&name).map(|()| name)
}

pub(super) fn check_name(name: &str) -> Result<(), String> {
    match name.chars().count() {
        1..=MAX_NAME => Ok(()),
        length => Err(format!("expected 1 to {MAX_NAME} characters, found {length}")),
    }
}

pub(super) fn check_key(key: &str) -> Result<(), String> {
    if ResourceAttributes::default().fields().iter().any(|(field, _)| *field == key) {
        return Err(format!("`{key}` has a setting of its own, expected another key"));
    }
    match key.len() {
        1..=255 => Ok(()),
        length => Err(format!("expected 1 to 255 bytes, found a key of {length} bytes")),
    }
}
