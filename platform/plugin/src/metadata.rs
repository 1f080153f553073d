//! The metadata of a plugin.

use std::fmt;

use crate::kind::PluginType;

/// The version of the interface between the platform and its plugins.
///
/// A plugin is compatible if it was written for the same major version and for this minor version or
/// an older one.
pub const API_VERSION: &str = "1.0";

/// The metadata of a plugin: its name, versions and type, and the name of its tracer.
///
/// [`registry::discover`](crate::registry::discover) has an example.
pub trait PluginMetadata: Send + Sync {
    /// Returns the name that selects the plugin in a configuration, for example `slack`. It is unique among the plugins
    /// of a type.
    fn name(&self) -> &str;

    /// Returns the version of the plugin, for example `1.4.0`.
    fn version(&self) -> &str;

    /// Returns the version of the plugin interface that the plugin was written for, as `X.Y` or `X.Y.Z`. Write a
    /// literal instead of [`API_VERSION`], which is the version that the plugin is compiled with.
    fn floe_api_version(&self) -> &str;

    /// Returns the type of the plugin.
    fn plugin_type(&self) -> PluginType;

    /// Returns one sentence that describes the plugin. Default: empty.
    #[expect(clippy::unnecessary_literal_bound, reason = "an implementation may own its text")]
    fn description(&self) -> &str {
        ""
    }

    /// Returns the name of the tracer of the plugin's spans, `floe.<domain>.<name>`: the domain has only lower-case
    /// letters; the name begins with a lower-case letter and has only lower-case letters, digits and underscores.
    ///
    /// `None`, the default, means that the plugin is not instrumented.
    fn tracer_name(&self) -> Option<&str> {
        None
    }
}

impl fmt::Debug for dyn PluginMetadata + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PluginMetadata")
            .field("plugin_type", &self.plugin_type())
            .field("name", &self.name())
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}
