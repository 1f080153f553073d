//! The resource detectors.

use super::named::{self, Registered, written_as_name};
use crate::surroundings::{DetectedAttributes, Surroundings};

/// The crate with this project's other detectors. The error names it if one of them is not linked.
const PACKAGE: &str = "floe-telemetry-detectors";

/// A resource detector, which adds attributes of the program's surroundings. No detector uses the network.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ResourceDetector {
    /// `host.name`, `host.id` and `host.arch`.
    Host,
    /// `os.type`, `os.name`, `os.version`, `os.description` and `os.build_id`.
    Os,
    /// `process.pid`, `process.parent_pid`, `process.executable.name` and `.path`, `process.command`,
    /// `process.owner` and `process.runtime.name`.
    Process,
    /// `container.id`. Requires the crate `floe-telemetry-detectors`, like the next two.
    Container,
    /// `k8s.pod.name`, `k8s.pod.uid`, `k8s.namespace.name`, `k8s.node.name`, `k8s.container.name` and
    /// `k8s.cluster.name`, as far as the pod's variables and files contain them.
    Kubernetes,
    /// `cloud.*` and `faas.*` of AWS Lambda and ECS, Cloud Run, Cloud Functions and App Engine, and Azure's App
    /// Service, Functions and Container Apps, from the variables that they set.
    Cloud,
    /// A detector that another crate registers with [`resource_detector!`](crate::resource_detector).
    Registered(RegisteredDetector),
}

pub(crate) type Detect = fn(&mut Surroundings<'_>, &mut DetectedAttributes);

/// A detector that another crate registers with [`resource_detector!`](crate::resource_detector).
pub type RegisteredDetector = Registered<Detect>;

floe_telemetry_core::__floe_link_list! {
    #[allow(unsafe_code, reason = "the linker defines the bounds of the list, see `link_list`")]
    static DETECTORS: [RegisteredDetector] = "fl_detector_0_1";
}

impl ResourceDetector {
    const KNOWN: [Self; 6] =
        [Self::Host, Self::Os, Self::Process, Self::Container, Self::Kubernetes, Self::Cloud];

    /// Returns the name, such as `host`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Os => "os",
            Self::Process => "process",
            Self::Container => "container",
            Self::Kubernetes => "kubernetes",
            Self::Cloud => "cloud",
            Self::Registered(Registered { name, .. }) => name,
        }
    }

    /// Returns all detectors that are linked into the program.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = Self::every();
        all.retain(|detector| detector.registered().is_ok());
        all
    }

    /// Returns all named detectors: this project's, and others that are linked.
    pub(super) fn every() -> Vec<Self> {
        let others = named::others(&DETECTORS, &Self::KNOWN.map(Self::as_str));
        let others = others.into_iter().map(Self::Registered);
        Self::KNOWN.into_iter().chain(others).collect()
    }

    fn parse(name: &str) -> Result<Self, String> {
        named::parse(name, &Self::every(), Self::as_str)
    }

    /// Returns the registration of this detector; `None` if it belongs to this crate.
    ///
    /// # Errors
    ///
    /// The registering crate is not linked, or several crates register the detector.
    pub(crate) fn registered(self) -> Result<Option<Detect>, String> {
        let package = match self {
            Self::Host | Self::Os | Self::Process => return Ok(None),
            Self::Container | Self::Kubernetes | Self::Cloud => Some(PACKAGE),
            Self::Registered(_) => None,
        };
        named::find(&DETECTORS, self.as_str(), package).map(Some)
    }
}

written_as_name!(ResourceDetector);
