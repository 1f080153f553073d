//! Resource detectors for [`floe_telemetry`]: the container, the pod and the cloud of a program.
//!
//! The crate registers the detectors `container`, `kubernetes` and `cloud`, which a configuration chooses:
//!
//! ```no_run
//! use floe_telemetry::config::ResourceDetector;
//! use floe_telemetry::{TelemetryConfig, TelemetryProvider};
//! use floe_telemetry_detectors as _; // links the crate
//!
//! // As `FLOE_RESOURCE_DETECTORS=all` does for `floe_telemetry::init`.
//! let mut config = TelemetryConfig::new("orders");
//! config.detectors = ResourceDetector::all();
//! let telemetry = TelemetryProvider::builder(config).initialize()?;
//! # Ok::<(), floe_telemetry::Error>(())
//! ```
//!
//! [`ResourceDetector`](floe_telemetry::config::ResourceDetector) lists the attributes of each detector.

#![forbid(unsafe_code)]

mod cloud;
mod container;
mod kubernetes;
#[cfg(test)]
mod tests;

use floe_telemetry::detection::resource_detector;

resource_detector!("cloud", cloud::detect);
resource_detector!("container", container::detect);
resource_detector!("kubernetes", kubernetes::detect);

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
