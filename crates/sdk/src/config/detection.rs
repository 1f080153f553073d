//! The resource detectors.

use super::named::{Registered, open_choice};
use crate::surroundings::{DetectedAttributes, Surroundings};

open_choice! {
    /// A resource detector, which adds attributes of the program's environment. The detectors of this project do not
    /// use the network. [`resource_detector!`](crate::resource_detector) registers others.
    ///
    /// ```
    /// use floe_telemetry::TelemetryConfig;
    /// use floe_telemetry::config::ResourceDetector;
    ///
    /// let mut config = TelemetryConfig::new("orders");
    /// config.detectors = vec![ResourceDetector::Host, ResourceDetector::Process];
    /// ```
    ResourceDetector of DETECTORS: Detect {
        /// `host.name`, `host.id` and `host.arch`.
        Host = "host",
        /// `os.type`, `os.name`, `os.version`, `os.description` and `os.build_id`.
        Os = "os",
        /// `process.pid`, `process.parent_pid`, `process.executable.name` and `.path`, `process.command`,
        /// `process.owner` and `process.runtime.name`.
        Process = "process",
        /// `container.id`. Requires the crate `floe-telemetry-detectors`, like the next two.
        Container = "container" in "floe-telemetry-detectors",
        /// `k8s.pod.name`, `k8s.pod.uid`, `k8s.namespace.name`, `k8s.node.name`, `k8s.container.name` and
        /// `k8s.cluster.name`, as far as the pod's variables and files contain them.
        Kubernetes = "kubernetes" in "floe-telemetry-detectors",
        /// The attributes, mainly `cloud.*` and `faas.*`, of AWS Lambda and ECS, Cloud Run, Cloud Functions and App
        /// Engine, and Azure's App Service, Functions and Container Apps, from the variables that they set.
        Cloud = "cloud" in "floe-telemetry-detectors",
    }
}

pub(crate) type Detect = fn(&mut Surroundings<'_>, &mut DetectedAttributes);

/// A detector that another crate registers with [`resource_detector!`](crate::resource_detector).
pub type RegisteredDetector = Registered<Detect>;

floe_telemetry_core::__floe_link_list! {
    #[allow(unsafe_code, reason = "the linker defines the bounds of the list, see `link_list`")]
    static DETECTORS: [RegisteredDetector] = "fl_detector_0_1";
}

impl ResourceDetector {
    /// Returns all detectors that are linked into the program.
    pub fn all() -> Vec<Self> {
        let every = Self::every().into_iter().map(|(_, detector)| detector);
        every.filter(|detector| detector.registered().is_ok()).collect()
    }
}
