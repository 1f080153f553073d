//! Resource detectors: attributes of the host, the operating system, the process, the container, the pod and the
//! cloud that a program runs on, from files and variables. Nothing is requested over the network.

mod cloud;
mod container;
mod host;
mod kubernetes;
mod os;
mod process;
mod surroundings;
#[cfg(test)]
mod tests;

use opentelemetry::{KeyValue, Value};

use self::surroundings::Surroundings;
use crate::config::{DetectionConfig, ResourceDetector, warn};
use crate::recorder::matches;

/// The version of the conventions that the attributes follow
/// ([schema](https://opentelemetry.io/docs/specs/otel/schemas/)).
pub(crate) const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.42.0";

/// Returns the attributes that the configured detectors find. What cannot be read is missing, with one warning.
pub(crate) fn detect(config: &DetectionConfig) -> Vec<KeyValue> {
    let mut surroundings = Surroundings::of_process();
    let attributes = detect_in(&mut surroundings, config);
    if let Some(message) = surroundings.unreadable() {
        warn(&message);
    }
    attributes
}

fn detect_in(surroundings: &mut Surroundings<'_>, config: &DetectionConfig) -> Vec<KeyValue> {
    let mut found = Attributes::default();
    for detector in &config.detectors {
        match detector {
            ResourceDetector::Host => host::detect(surroundings, &mut found),
            ResourceDetector::Os => os::detect(surroundings, &mut found),
            ResourceDetector::Process => {
                process::detect(surroundings, config.command_args, &mut found);
            }
            ResourceDetector::Container => container::detect(surroundings, &mut found),
            ResourceDetector::Kubernetes => kubernetes::detect(surroundings, &mut found),
            ResourceDetector::Cloud => cloud::detect(surroundings, &mut found),
        }
    }
    let is_kept = |attribute: &KeyValue| {
        let any = |patterns: &[String]| {
            let mut patterns = patterns.iter();
            patterns.any(|pattern| matches(pattern, attribute.key.as_str()))
        };
        (config.included.is_empty() || any(&config.included)) && !any(&config.excluded)
    };
    found.0.retain(is_kept);
    found.0
}

/// The attributes that were found. The first value of a key is kept.
#[derive(Default)]
struct Attributes(Vec<KeyValue>);

impl Attributes {
    fn add(&mut self, key: &'static str, value: Option<impl Into<Value>>) {
        let is_new = self.0.iter().all(|known| known.key.as_str() != key);
        if let Some(value) = value.filter(|_| is_new) {
            self.0.push(KeyValue::new(key, value));
        }
    }
}
