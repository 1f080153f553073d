//! Settings that need a feature of the build.

use crate::parts;

/// Refuses a value whose feature is not enabled.
///
/// # Errors
///
/// The message names the feature to enable.
pub fn needs(found: &str, feature: &str) -> Result<(), String> {
    if parts::has(feature) {
        return Ok(());
    }
    Err(needed(&format!("`{found}`"), feature))
}

/// Returns the problem of a setting whose feature is not enabled. `found` is already quoted as code.
pub(crate) fn needed(found: &str, feature: &str) -> String {
    format!(
        "found {found}, which needs the feature `{feature}` of floe-telemetry: \
         `cargo add floe-telemetry --features {feature}`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_without_its_feature_is_refused() {
        let expected = "found `grpc`, which needs the feature `otlp-grpc` of floe-telemetry: \
                        `cargo add floe-telemetry --features otlp-grpc`";
        assert_eq!(needs("grpc", "otlp-grpc"), Err(expected.to_owned()));
    }
}
