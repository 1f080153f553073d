//! Whether a plugin fits the platform's interface.

use super::{API_VERSION, LinkedPlugin};
use crate::error::Error;

/// Refuses a plugin that was written for another major version, or for a newer minor one.
pub(super) fn check(linked: &LinkedPlugin) -> Result<(), Error> {
    let found = linked.plugin().floe_api_version();
    let kind = linked.plugin().plugin_type();
    if fits(API_VERSION, found) {
        return Ok(());
    }
    let problem = match parse(found) {
        None => "which is not a version: accepted is `X.Y` or `X.Y.Z`",
        Some(_) => "which this program does not have",
    };
    Err(Error::config(format!(
        "{kind} plugin {linked}: it is written for version `{found}` of the plugin interface, {problem}; this program has `{API_VERSION}`",
    )))
}

fn fits(platform: &str, plugin: &str) -> bool {
    match (parse(platform), parse(plugin)) {
        (Some((major, minor)), Some((its_major, its_minor))) => {
            major == its_major && its_minor <= minor
        }
        _ => false,
    }
}

/// The first two of `X.Y` or `X.Y.Z`.
fn parse(version: &str) -> Option<(u32, u32)> {
    let numbers: Option<Vec<u32>> = version.split('.').map(number).collect();
    match numbers?[..] {
        [major, minor] | [major, minor, _] => Some((major, minor)),
        _ => None,
    }
}

/// Digits only: `parse` alone would take a sign.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_major_and_no_newer_minor() {
        for (platform, plugin, expected) in [
            ("1.0", "1.0", true),
            ("1.0", "1.0.7", true),
            ("1.2", "1.0", true),
            ("1.0", "1.2", false),
            ("1.0", "2.0", false),
            ("2.0", "1.0", false),
            ("1.0", "", false),
            ("1.0", "1", false),
            ("1.0", "1.x", false),
            ("1.0", "+1.0", false),
            ("1.0", "1.0.0.0", false),
        ] {
            assert_eq!(fits(platform, plugin), expected, "{plugin} on {platform}");
        }
    }
}
