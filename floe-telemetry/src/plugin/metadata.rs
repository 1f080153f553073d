//! What a plugin says of itself.

use std::fmt;

use super::PluginType;

/// The version of the interface between the platform and its plugins.
///
/// A plugin fits when its major version is the same and its minor version is not newer.
pub const API_VERSION: &str = "1.0";

/// What a plugin says of itself.
///
/// See [the module](super) for an example.
pub trait PluginMetadata: Send + Sync {
    /// The name that configuration chooses it by, for example `jaeger`. Unique among the plugins of
    /// its type.
    fn name(&self) -> &str;

    /// Its own version, for example `1.4.0`.
    fn version(&self) -> &str;

    /// The version of the interface it was written for, `X.Y` or `X.Y.Z`. Written out, not taken
    /// from [`API_VERSION`]: that one is the platform's, whatever the plugin was written for.
    fn floe_api_version(&self) -> &str;

    /// What it does.
    fn plugin_type(&self) -> PluginType;

    /// One sentence for people. Default: empty.
    #[expect(
        clippy::unnecessary_literal_bound,
        reason = "an implementation may own its text"
    )]
    fn description(&self) -> &str {
        ""
    }

    /// What its spans are found by: `floe.<domain>.<name>`, with lower-case letters in the domain,
    /// and in the name lower-case letters, digits and underscores, a letter first (FR-015).
    ///
    /// `None`, the default, says that it is not instrumented, which
    /// [`verify_plugin_instrumentation`](super::verify_plugin_instrumentation) warns of.
    fn tracer_name(&self) -> Option<&str> {
        None
    }
}

impl fmt::Debug for dyn PluginMetadata + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("plugin_type", &self.plugin_type())
            .field("name", &self.name())
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}
