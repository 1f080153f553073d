//! The plugins that are linked into the program.
//!
//! The linker collects the plugins that [`plugin!`](crate::plugin!) registers, in every crate of the
//! program, so no code runs at startup. A crate that nothing refers to is not linked: a program that
//! uses the plugins of such a crate needs one line, `use acme_floe_slack as _;`.

use std::fmt;

use floe_telemetry::callsite::SourceLocation;

use crate::metadata::{API_VERSION, PluginMetadata};

/// A plugin that is linked into the program, and the place in the source that registered it.
#[derive(Clone, Copy, Debug)]
pub struct LinkedPlugin {
    plugin: &'static dyn PluginMetadata,
    location: SourceLocation,
}

impl LinkedPlugin {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(plugin: &'static dyn PluginMetadata, location: SourceLocation) -> Self {
        Self { plugin, location }
    }

    /// The plugin.
    #[must_use]
    pub const fn plugin(&self) -> &'static dyn PluginMetadata {
        self.plugin
    }

    /// Where the plugin is registered.
    #[must_use]
    pub const fn location(&self) -> SourceLocation {
        self.location
    }
}

/// `slack 1.0.0 (acme-slack/src/lib.rs:14)`.
impl fmt::Display for LinkedPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, version) = (self.plugin.name(), self.plugin.version());
        write!(f, "{name} {version} ({})", self.location)
    }
}

floe_telemetry::__floe_link_list! {
    static PLUGINS: [LinkedPlugin] = "fl_plugin_0_1";
}

/// Every plugin that is linked into the program, in no particular order and unchecked.
pub fn linked() -> impl Iterator<Item = &'static LinkedPlugin> {
    PLUGINS.iter()
}

/// Every plugin that is linked into the program, sorted by type and name.
///
/// # Errors
///
/// A plugin requires another version of the plugin interface than [`API_VERSION`], or several
/// plugins of a type have the same name. The error contains the places in the source that registered
/// them.
///
/// ```standalone_crate
/// use floe_plugin::{PluginMetadata, PluginType, registry};
///
/// struct Slack;
///
/// impl PluginMetadata for Slack {
///     fn name(&self) -> &str { "slack" }
///     fn version(&self) -> &str { "1.0.0" }
///     fn floe_api_version(&self) -> &str { "1.0" }
///     fn plugin_type(&self) -> PluginType { PluginType::AlertChannel }
/// }
///
/// floe_plugin::plugin!(Slack);
///
/// let names: Vec<_> = registry::discover()?.iter().map(|linked| linked.plugin().name()).collect();
/// assert_eq!(names, ["slack"]);
/// # Ok::<(), registry::Error>(())
/// ```
pub fn discover() -> Result<Vec<&'static LinkedPlugin>, Error> {
    checked(linked().collect())
}

/// The plugins of a program cannot be used together: two have the same name, or one requires another
/// version of the plugin interface.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Error {
    kind: Kind,
    message: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Duplicate,
    ApiVersion,
}

impl Error {
    /// Several plugins of a type have the same name.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        self.kind == Kind::Duplicate
    }

    /// A plugin requires a version of the plugin interface that this program does not have.
    #[must_use]
    pub fn is_api_version(&self) -> bool {
        self.kind == Kind::ApiVersion
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Registers a plugin with the program.
///
/// The argument is a constant expression of a type that implements
/// [`PluginMetadata`](crate::PluginMetadata): a unit struct, or a call of a `const fn`. The macro
/// works in crates with `#![forbid(unsafe_code)]`. See the [crate documentation](crate) for an
/// example.
#[macro_export]
macro_rules! plugin {
    ($plugin:expr $(,)?) => {
        const _: () = {
            static PLUGIN: &dyn $crate::PluginMetadata = &$plugin;
            $crate::__private::linked! {
                "fl_plugin_0_1"
                static LINKED: $crate::registry::LinkedPlugin = $crate::registry::LinkedPlugin::new(
                    PLUGIN,
                    $crate::__private::location!(),
                );
            }
        };
    };
}

fn checked(mut found: Vec<&LinkedPlugin>) -> Result<Vec<&LinkedPlugin>, Error> {
    let key = |linked: &LinkedPlugin| (linked.plugin().plugin_type(), linked.plugin().name());
    // The linker's order differs between platforms; the message must not.
    found.sort_by_key(|linked| (key(linked), linked.location()));
    for linked in &found {
        check_version(linked)?;
    }
    match found.windows(2).find(|pair| key(pair[0]) == key(pair[1])) {
        Some(pair) => Err(Error {
            kind: Kind::Duplicate,
            message: format!(
                "{} plugins: several have the same name: {} and {}: accepted is one of each name",
                pair[0].plugin().plugin_type(),
                pair[0],
                pair[1],
            ),
        }),
        None => Ok(found),
    }
}

/// Refuses a plugin that was written for another major version, or for a newer minor version.
fn check_version(linked: &LinkedPlugin) -> Result<(), Error> {
    let required = linked.plugin().floe_api_version();
    if is_compatible(API_VERSION, required) {
        return Ok(());
    }
    let kind = linked.plugin().plugin_type();
    let problem = match parse(required) {
        None => "which is not a version: accepted is `X.Y` or `X.Y.Z`",
        Some(_) => "which this program does not have",
    };
    Err(Error {
        kind: Kind::ApiVersion,
        message: format!(
            "{kind} plugin {linked}: it requires version `{required}` of the plugin interface, {problem}; this program has `{API_VERSION}`",
        ),
    })
}

fn is_compatible(platform: &str, plugin: &str) -> bool {
    match (parse(platform), parse(plugin)) {
        (Some((major, minor)), Some((required_major, required_minor))) => {
            major == required_major && required_minor <= minor
        }
        _ => false,
    }
}

/// The major and the minor number of `X.Y` or `X.Y.Z`.
fn parse(version: &str) -> Option<(u32, u32)> {
    let numbers: Option<Vec<u32>> = version.split('.').map(number).collect();
    match numbers?[..] {
        [major, minor] | [major, minor, _] => Some((major, minor)),
        _ => None,
    }
}

/// Digits only: `str::parse` alone would also accept a sign.
fn number(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::PluginType;

    struct Plugin(PluginType, &'static str, &'static str);

    impl PluginMetadata for Plugin {
        fn name(&self) -> &str {
            self.1
        }
        fn version(&self) -> &'static str {
            "1.0.0"
        }
        fn floe_api_version(&self) -> &str {
            self.2
        }
        fn plugin_type(&self) -> PluginType {
            self.0
        }
    }

    const fn linked(plugin: &'static Plugin, line: u32) -> LinkedPlugin {
        LinkedPlugin::new(plugin, SourceLocation::new("acme", "acme.rs", line))
    }

    #[test]
    fn two_plugins_of_a_type_with_one_name_are_an_error_with_both_places() {
        let one = linked(&Plugin(PluginType::Compute, "duckdb", "1.0"), 3);
        let two = linked(&Plugin(PluginType::Compute, "duckdb", "1.0"), 7);
        // Names are unique within a type only.
        let other = linked(&Plugin(PluginType::Storage, "duckdb", "1.0"), 9);
        assert_eq!(checked(vec![&other, &two]).unwrap().len(), 2);
        let error = checked(vec![&two, &other, &one]).unwrap_err();
        assert!(error.is_duplicate() && !error.is_api_version());
        assert_eq!(
            error.to_string(),
            "compute plugins: several have the same name: duckdb 1.0.0 (acme.rs:3) and duckdb 1.0.0 (acme.rs:7): accepted is one of each name",
        );
    }

    #[test]
    fn a_plugin_for_another_interface_is_an_error_with_both_versions() {
        for (version, problem) in [
            ("1.1", "which this program does not have"),
            (
                "one",
                "which is not a version: accepted is `X.Y` or `X.Y.Z`",
            ),
        ] {
            let plugin = Box::leak(Box::new(Plugin(PluginType::Compute, "duckdb", version)));
            let error = checked(vec![&linked(plugin, 3)]).unwrap_err();
            assert!(error.is_api_version() && !error.is_duplicate());
            assert_eq!(
                error.to_string(),
                format!(
                    "compute plugin duckdb 1.0.0 (acme.rs:3): it requires version `{version}` of the plugin interface, {problem}; this program has `1.0`"
                ),
            );
        }
    }

    #[test]
    fn the_same_major_version_and_no_newer_minor_version_are_compatible() {
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
            assert_eq!(
                is_compatible(platform, plugin),
                expected,
                "{plugin} on {platform}"
            );
        }
    }
}
