#![doc = include_str!("../README.md")]
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
