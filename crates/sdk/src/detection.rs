//! Resource detectors: attributes of a program's environment, from files and variables, without the network.
//!
//! The detectors `host`, `os` and `process` are built in. The crate `floe-telemetry-detectors` adds `container`,
//! `kubernetes` and `cloud`, and any crate adds others with [`resource_detector!`](crate::resource_detector).

// The detectors belong to this project, because `opentelemetry-resource-detectors` needs another version of
// OpenTelemetry. None is on by default, and none uses the network, because a start must not wait.

mod host;
mod os;
mod process;
#[cfg(test)]
mod tests;

use opentelemetry::KeyValue;

#[doc(inline)]
pub use crate::resource_detector;
pub use crate::surroundings::{DetectedAttributes, Surroundings};

use crate::caught::caught;
use crate::config::{ResourceDetector, warn};
use crate::error::Error;

/// The version of the conventions that the attributes follow
/// ([schema](https://opentelemetry.io/docs/specs/otel/schemas/)).
pub(crate) const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";

/// Returns the attributes that the configured detectors find. Unreadable attributes are left out, with one warning.
///
/// # Errors
///
/// The crate of a detector is not linked, or several crates register its name.
pub(crate) fn detect(detectors: &[ResourceDetector]) -> Result<Vec<KeyValue>, Error> {
    let mut surroundings = Surroundings::of_process();
    let attributes = detect_in(&mut surroundings, detectors)
        .map_err(|message| Error::config(format!("detectors: {message}")))?;
    if let Some(message) = surroundings.unreadable() {
        warn(&message);
    }
    Ok(attributes)
}

fn detect_in(
    surroundings: &mut Surroundings<'_>,
    detectors: &[ResourceDetector],
) -> Result<Vec<KeyValue>, String> {
    let mut found = DetectedAttributes::default();
    for detector in detectors {
        match detector {
            ResourceDetector::Host => host::detect(surroundings, &mut found),
            ResourceDetector::Os => os::detect(surroundings, &mut found),
            ResourceDetector::Process => process::detect(surroundings, &mut found),
            other => {
                let registered = other.registered()?;
                let detected = caught(|| registered.map(|detect| detect(surroundings, &mut found)));
                if let Err(panic) = detected {
                    let reason = format!("detectors: `{other}` panicked: {panic}");
                    warn(&Error::config(reason).to_string());
                }
            }
        }
    }
    Ok(found.into_vec())
}

/// Registers a resource detector with the program, so that a configuration can choose it by its name.
///
/// The arguments are the name, as a literal, and a function that reads the
/// [`Surroundings`](crate::detection::Surroundings) and adds attributes to the
/// [`DetectedAttributes`](crate::detection::DetectedAttributes). The function is called when a provider is initialized.
/// The macro works in crates with `#![forbid(unsafe_code)]`. A crate that is never referenced is not linked, so a
/// program that uses such a detector needs the line `use acme_floe_detector as _;`.
///
/// ```standalone_crate
/// use std::path::Path;
///
/// use floe_telemetry::TelemetryConfig;
/// use floe_telemetry::detection::{DetectedAttributes, Surroundings, resource_detector};
///
/// fn rack(surroundings: &mut Surroundings<'_>, found: &mut DetectedAttributes) {
///     let rack = surroundings.variable("ACME_RACK");
///     found.add("acme.rack", rack.or_else(|| surroundings.value("/etc/acme/rack")));
/// }
/// resource_detector!("acme", rack);
///
/// TelemetryConfig::from_yaml("
/// resource_attributes: {service_name: orders}
/// detectors: [host, acme]
/// ")?;
///
/// // A test creates the surroundings.
/// let mut found = DetectedAttributes::default();
/// let variable = |name: &str| (name == "ACME_RACK").then(|| "r7".to_owned());
/// rack(&mut Surroundings::new(&variable, Path::new("/nowhere")), &mut found);
/// assert_eq!(found.into_vec()[0].value.as_str(), "r7");
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
#[doc(hidden)] // at the root; `detection` re-exports it
#[macro_export]
macro_rules! resource_detector {
    ($name:expr, $detect:expr $(,)?) => {
        const _: () = {
            $crate::__floe_linked! {
                "fl_detector_0_1"
                static LINKED: $crate::config::RegisteredDetector = $crate::config::RegisteredDetector::new(
                    $name,
                    $detect,
                    $crate::__floe_location!(),
                );
            }
        };
    };
}
