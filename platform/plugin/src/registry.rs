//! The plugins that are linked into the program.
//!
//! The linker collects the plugins that [`plugin!`](crate::plugin!) registers, in every crate of the program, so no
//! code runs at startup. The linker drops a crate that nothing refers to, so a program that uses only the crate's
//! plugins needs one line, `use acme_floe_slack as _;`.

use std::fmt;

use floe_telemetry::MetricRecorder;
use floe_telemetry::callsite::SourceLocation;
use floe_telemetry::config::suggest::{did_you_mean, misspelled};
use serde_json::Value;

use crate::configuration::{Credential, SelectionError};
use crate::kind::PluginType;
use crate::lifecycle::Instance;
use crate::metadata::{API_VERSION, PluginMetadata};
use crate::operation::Opener;

/// A plugin that is linked into the program, and the place in the source that registered it.
#[derive(Clone, Copy, Debug)]
pub struct LinkedPlugin {
    plugin: &'static dyn PluginMetadata,
    location: SourceLocation,
    factory: Option<Factory>,
}

/// An instance of a plugin, and the credentials of its configuration.
#[doc(hidden)]
pub type Configured = Result<(Instance, Vec<Credential>), SelectionError>;

/// Creates instances of a plugin.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Factory {
    /// Builds a span of the plugin, with the place of the plugin's registration as its source location.
    pub span: Opener,
    /// Records metrics with the scope of the plugin's spans.
    pub metrics: &'static MetricRecorder,
    pub configure: fn(Value) -> Configured,
}

impl LinkedPlugin {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        plugin: &'static dyn PluginMetadata,
        location: SourceLocation,
        factory: Option<Factory>,
    ) -> Self {
        Self { plugin, location, factory }
    }

    pub(crate) const fn factory(&self) -> Option<Factory> {
        self.factory
    }

    /// Returns the metadata of the plugin.
    #[must_use]
    pub const fn plugin(&self) -> &'static dyn PluginMetadata {
        self.plugin
    }

    /// Returns the place in the source that registered the plugin.
    #[must_use]
    pub const fn location(&self) -> SourceLocation {
        self.location
    }
}

/// Formats the plugin as `slack 1.0.0 (acme-slack/src/lib.rs:14)`.
impl fmt::Display for LinkedPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.plugin.name();
        let version = self.plugin.version();
        write!(f, "{name} {version} ({})", self.location)
    }
}

floe_telemetry::__floe_link_list! {
    static PLUGINS: [LinkedPlugin] = "fl_plugin_0_1";
}

/// Returns every plugin that is linked into the program, unsorted and without the checks of [`discover`].
pub fn linked() -> impl Iterator<Item = &'static LinkedPlugin> {
    PLUGINS.iter()
}

/// Returns every plugin that is linked into the program, sorted by type and name.
///
/// # Errors
///
/// A plugin is not compatible with [`API_VERSION`], or several plugins of a type have the same name. The error contains
/// the places of their registrations.
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

/// Returns the plugin with this type and name.
///
/// # Errors
///
/// As for [`discover`]; or no such plugin is linked into the program. The error lists the selectable plugins of the
/// type.
pub fn find(kind: PluginType, name: &str) -> Result<&'static LinkedPlugin, Error> {
    let all = discover()?;
    let is_it = |linked: &&&LinkedPlugin| {
        linked.plugin().plugin_type() == kind && linked.plugin().name() == name
    };
    if let Some(linked) = all.iter().find(is_it) {
        return Ok(linked);
    }
    let names: Vec<&str> = all
        .iter()
        .filter(|linked| linked.plugin().plugin_type() == kind && linked.factory.is_some())
        .map(|linked| linked.plugin().name())
        .collect();
    Err(not_found(kind, name, &names))
}

fn not_found(kind: PluginType, name: &str, names: &[&str]) -> Error {
    let suggestion = did_you_mean(misspelled(name, names));
    let accepted = if names.is_empty() {
        "no plugin of this type is linked into the program".to_owned()
    } else {
        format!("the program is linked with: {}", names.join(", "))
    };
    Error(format!("there is no {kind} plugin `{name}`; {accepted}{suggestion}"))
}

/// The error of a search for plugins: several have the same name, one requires another version of the plugin interface,
/// or one is not linked into the program.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// Registers a plugin with the program.
///
/// A plugin that the platform can use is a type that implements [`Lifecycle`](crate::Lifecycle) and the trait
/// of its kind, and that serde reads from its configuration:
///
/// ```
/// # use floe_plugin::alert::{AlertChannel, Message};
/// # use floe_plugin::{Destination, Error, Lifecycle};
/// #[derive(Debug, serde::Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Pager {
///     /// The team that is called.
///     team: String,
/// }
///
/// impl Lifecycle for Pager {}
///
/// impl AlertChannel for Pager {
///     fn destination(&self) -> Destination<'_> { Destination::new(&self.team) }
///     fn send_alert(&self, _: &Message<'_>) -> Result<(), Error> { Ok(()) }
/// }
///
/// floe_plugin::plugin! {
///     kind: AlertChannel,
///     plugin: Pager,
///     name: "pager",
///     tracer: "floe.alert.pager",
///     api: "1.0",
///     description: "calls the team on duty",
/// }
/// ```
///
/// `kind` is the trait. `tracer` is the scope of the plugin's spans and metrics, which the platform records around
/// each call. `api` is the version of the plugin interface that the plugin was written for, a literal.
/// The version of the plugin is that of its crate.
///
/// For a plugin that the platform does not create, the argument is a constant expression of a type that implements
/// [`PluginMetadata`](crate::PluginMetadata): a unit struct, or a call of a `const fn`. The registry then lists the
/// plugin and the audit checks it.
///
/// The macro works in crates with `#![forbid(unsafe_code)]`.
#[macro_export]
macro_rules! plugin {
    (@link $factory:expr) => {
        $crate::__private::linked! {
            "fl_plugin_0_1"
            static LINKED: $crate::registry::LinkedPlugin =
                $crate::registry::LinkedPlugin::new(PLUGIN, $crate::__private::location!(), $factory);
        }
    };
    (
        kind: $kind:path,
        plugin: $plugin:ty,
        name: $name:expr,
        tracer: $tracer:expr,
        api: $api:literal,
        description: $description:expr $(,)?
    ) => {
        const _: () = {
            static TRACER: $crate::__private::Tracer = $crate::__private::tracer!($tracer);
            static PLUGIN: &dyn $crate::PluginMetadata = &$crate::__private::Described {
                name: $name,
                version: ::core::env!("CARGO_PKG_VERSION"),
                api: $api,
                kind: <dyn $kind as $crate::Kind>::TYPE,
                description: $description,
                tracer: $tracer,
            };
            static METRICS: $crate::__private::MetricRecorder =
                $crate::__private::MetricRecorder::new($tracer)
                    .with_version(::core::env!("CARGO_PKG_VERSION"));
            fn span(name: ::std::string::String) -> $crate::__private::SpanBuilder {
                TRACER.span(name)
            }
            fn configure(config: $crate::__private::Value) -> $crate::__private::Configured {
                let (plugin, credentials) = $crate::__private::parse::<$plugin>(config)?;
                let plugin = ::std::sync::Arc::new(plugin);
                let typed: ::std::sync::Arc<dyn $kind> = plugin.clone();
                Ok(($crate::__private::Instance::new(plugin, typed), credentials))
            }
            $crate::plugin! {
                @link ::core::option::Option::Some($crate::__private::Factory {
                    span,
                    metrics: &METRICS,
                    configure,
                })
            }
        };
    };
    ($plugin:expr $(,)?) => {
        const _: () = {
            static PLUGIN: &dyn $crate::PluginMetadata = &$plugin;
            $crate::plugin! {
                @link ::core::option::Option::None
            }
        };
    };
}

/// The metadata that [`plugin!`] creates.
#[derive(Debug)]
#[doc(hidden)]
pub struct Described {
    pub name: &'static str,
    pub version: &'static str,
    pub api: &'static str,
    pub kind: PluginType,
    pub description: &'static str,
    pub tracer: &'static str,
}

impl PluginMetadata for Described {
    fn name(&self) -> &str {
        self.name
    }

    fn version(&self) -> &str {
        self.version
    }

    fn floe_api_version(&self) -> &str {
        self.api
    }

    fn plugin_type(&self) -> PluginType {
        self.kind
    }

    fn description(&self) -> &str {
        self.description
    }

    fn tracer_name(&self) -> Option<&str> {
        Some(self.tracer)
    }
}

fn checked(mut found: Vec<&LinkedPlugin>) -> Result<Vec<&LinkedPlugin>, Error> {
    let key = |linked: &LinkedPlugin| (linked.plugin().plugin_type(), linked.plugin().name());
    // Sorts the plugins, so that the message is the same on all platforms, whose linkers order them differently.
    found.sort_by_key(|linked| (key(linked), linked.location()));
    for linked in &found {
        check_version(linked)?;
    }
    match found.windows(2).find(|pair| key(pair[0]) == key(pair[1])) {
        Some(pair) => Err(Error(format!(
            "{} plugins: several have the same name: {} and {}, expected different names",
            pair[0].plugin().plugin_type(),
            pair[0],
            pair[1],
        ))),
        None => Ok(found),
    }
}

/// Refuses a plugin written for another major version, or for a newer minor version.
fn check_version(linked: &LinkedPlugin) -> Result<(), Error> {
    let required = linked.plugin().floe_api_version();
    if is_compatible(API_VERSION, required) {
        return Ok(());
    }
    let kind = linked.plugin().plugin_type();
    let problem = match parse(required) {
        None => "which is not a version, expected `X.Y` or `X.Y.Z`",
        Some(_) => "which this program does not have",
    };
    Err(Error(format!(
        "{kind} plugin {linked}: it requires version `{required}` of the plugin interface, {problem}; this program has `{API_VERSION}`",
    )))
}

fn is_compatible(platform: &str, plugin: &str) -> bool {
    match (parse(platform), parse(plugin)) {
        (Some((major, minor)), Some((required_major, required_minor))) => {
            major == required_major && required_minor <= minor
        }
        _ => false,
    }
}

/// Returns the major and the minor number of `X.Y` or `X.Y.Z`.
fn parse(version: &str) -> Option<(u32, u32)> {
    let numbers: Result<Vec<u32>, _> = version.split('.').map(str::parse).collect();
    match numbers.ok()?[..] {
        [major, minor] | [major, minor, _] => Some((major, minor)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn duckdb(kind: PluginType, api: &'static str) -> Described {
        let name = "duckdb";
        let version = "1.0.0";
        let tracer = "floe.compute.duckdb";
        Described { name, version, api, kind, description: "", tracer }
    }

    const fn linked(plugin: &'static Described, line: u32) -> LinkedPlugin {
        LinkedPlugin::new(plugin, SourceLocation::new("acme", "acme.rs", line), None)
    }

    #[test]
    fn two_plugins_of_a_type_with_one_name_are_an_error_with_both_places() {
        const COMPUTE: &Described = &duckdb(PluginType::Compute, "1.0");
        const STORAGE: &Described = &duckdb(PluginType::Storage, "1.0");
        // Plugins of different types may have the same name.
        let one = linked(COMPUTE, 3);
        let two = linked(COMPUTE, 7);
        let other = linked(STORAGE, 9);
        assert_eq!(checked(vec![&other, &two]).unwrap().len(), 2);
        let error = checked(vec![&two, &other, &one]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "compute plugins: several have the same name: duckdb 1.0.0 (acme.rs:3) and duckdb 1.0.0 (acme.rs:7), expected different names",
        );
    }

    #[test]
    fn a_plugin_for_another_interface_is_an_error_with_both_versions() {
        for (version, problem) in [
            ("1.1", "which this program does not have"),
            ("one", "which is not a version, expected `X.Y` or `X.Y.Z`"),
        ] {
            let plugin = Box::leak(Box::new(duckdb(PluginType::Compute, version)));
            let error = checked(vec![&linked(plugin, 3)]).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "compute plugin duckdb 1.0.0 (acme.rs:3): it requires version `{version}` of the plugin interface, {problem}; this program has `1.0`"
                ),
            );
        }
    }

    #[test]
    fn a_type_without_a_linked_plugin_is_an_error() {
        let error = not_found(PluginType::Catalog, "polaris", &[]);
        assert_eq!(
            error.to_string(),
            "there is no catalog plugin `polaris`; no plugin of this type is linked into the program",
        );
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
            ("1.0", "1.0.0.0", false),
        ] {
            assert_eq!(is_compatible(platform, plugin), expected, "{plugin} on {platform}");
        }
    }
}
