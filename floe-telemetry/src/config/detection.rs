//! The detection of resource attributes.

use serde::{Deserialize, Serialize};

use super::problems::Problems;

/// The maximum number of patterns.
const MAX_PATTERNS: usize = 256;

/// A resource detector, which adds attributes of where a program runs. None requests anything over the network.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ResourceDetector {
    /// `host.name`, `host.id` and `host.arch`.
    Host,
    /// `os.type`, `os.name`, `os.version`, `os.description` and `os.build_id`.
    Os,
    /// `process.pid`, `process.parent_pid`, `process.executable.name` and `.path`, `process.command`,
    /// `process.owner` and `process.runtime.name`.
    Process,
    /// `container.id`.
    Container,
    /// `k8s.pod.name`, `k8s.pod.uid`, `k8s.namespace.name`, `k8s.node.name`, `k8s.container.name` and
    /// `k8s.cluster.name`, as far as variables and files of the pod have them.
    Kubernetes,
    /// `cloud.*` and `faas.*` of AWS Lambda and ECS, Cloud Run, Cloud Functions and App Engine, and Azure's App
    /// Service, Functions and Container Apps, from the variables that they set.
    Cloud,
}

impl ResourceDetector {
    /// The detectors with their names.
    pub(super) const ALL: [(&'static str, Self); 6] = [
        ("host", Self::Host),
        ("os", Self::Os),
        ("process", Self::Process),
        ("container", Self::Container),
        ("kubernetes", Self::Kubernetes),
        ("cloud", Self::Cloud),
    ];

    /// All detectors.
    #[must_use]
    pub fn all() -> Vec<Self> {
        Self::ALL.map(|(_, detector)| detector).to_vec()
    }
}

/// The detection of resource attributes, when the provider is initialized. Attributes of the configuration take
/// precedence.
///
/// ```
/// use floe_telemetry::config::{DetectionConfig, ResourceDetector};
///
/// let detection = DetectionConfig::default()
///     .with_detectors(ResourceDetector::all())
///     .with_excluded(["process.owner"]);
/// assert!(!detection.command_args);
/// ```
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct DetectionConfig {
    /// The detectors. An attribute that two of them find has the value of the first. Default none.
    pub detectors: Vec<ResourceDetector>,
    /// Patterns for the keys of the attributes to add, in which `*` matches any characters. Default: all.
    pub included: Vec<String>,
    /// Patterns for the keys of the attributes to leave out. Default none.
    pub excluded: Vec<String>,
    /// Whether the detector `process` adds `process.command_args`. Arguments may contain credentials and personal
    /// data; they are redacted as other attributes. Default `false`.
    pub command_args: bool,
}

setters! { DetectionConfig {
    with_detectors(detectors: list ResourceDetector);
    with_included(included: list into String);
    with_excluded(excluded: list into String);
    with_command_args(command_args: bool);
} }

impl DetectionConfig {
    pub(super) fn check(&self, problems: &mut Problems) {
        for (key, patterns) in [("included", &self.included), ("excluded", &self.excluded)] {
            if patterns.len() > MAX_PATTERNS {
                let found = patterns.len();
                let message = format!("found {found}, accepted are at most {MAX_PATTERNS}");
                problems.add(&format!("detection.{key}"), message);
            }
        }
    }
}
