//! The list of all plugins, which the linker makes.

use std::fmt;

use super::PluginMetadata;
#[cfg(feature = "provider")]
use super::{TelemetryBackendPlugin, console, jaeger, otlp};

/// A plugin in the list, with the place that put it there.
#[derive(Clone, Copy)]
pub struct LinkedPlugin {
    plugin: &'static dyn PluginMetadata,
    #[cfg(feature = "provider")]
    backend: Option<&'static dyn TelemetryBackendPlugin>,
    module: &'static str,
    file: &'static str,
    line: u32,
}

impl LinkedPlugin {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        plugin: &'static dyn PluginMetadata,
        module: &'static str,
        file: &'static str,
        line: u32,
    ) -> Self {
        Self {
            plugin,
            #[cfg(feature = "provider")]
            backend: None,
            module,
            file,
            line,
        }
    }

    #[doc(hidden)]
    #[must_use]
    #[cfg(feature = "provider")]
    pub const fn with_backend(mut self, backend: &'static dyn TelemetryBackendPlugin) -> Self {
        self.backend = Some(backend);
        self
    }

    /// The plugin.
    #[must_use]
    pub const fn plugin(&self) -> &'static dyn PluginMetadata {
        self.plugin
    }

    /// The same, if it was registered as a telemetry backend.
    #[must_use]
    #[cfg(feature = "provider")]
    pub const fn backend(&self) -> Option<&'static dyn TelemetryBackendPlugin> {
        self.backend
    }

    /// The path of the module that registered it.
    #[must_use]
    pub const fn module(&self) -> &'static str {
        self.module
    }

    /// The source file that registered it, as the compiler was given it.
    #[must_use]
    pub const fn file(&self) -> &'static str {
        self.file
    }

    /// The line that registered it, from 1.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }
}

/// `jaeger 0.1.0 (floe-telemetry/src/plugin/jaeger.rs:14)`.
impl fmt::Display for LinkedPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, version) = (self.plugin.name(), self.plugin.version());
        write!(f, "{name} {version} ({}:{})", self.file, self.line)
    }
}

impl fmt::Debug for LinkedPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkedPlugin")
            .field("plugin", &self.plugin)
            .field("module", &self.module)
            .field("file", &self.file)
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

crate::__floe_link_list! {
    /// The plugins that other crates add.
    #[expect(unsafe_code, reason = "the bounds of the linker's list, see `link_list`")]
    static PLUGINS: [LinkedPlugin] = "fl_plugin_0_1";
}

/// Every plugin linked into the program, in no particular order, and not judged.
pub fn linked() -> impl Iterator<Item = &'static LinkedPlugin> {
    // Those of this crate are not in the linker's list: an item of that list is `unsafe_code` in
    // the crate that declares it, though not in others.
    #[cfg(feature = "provider")]
    let built_in = [&console::LINKED, &jaeger::LINKED, &otlp::LINKED];
    #[cfg(not(feature = "provider"))]
    let built_in = [];
    built_in.into_iter().chain(PLUGINS.iter())
}

/// Puts a plugin into the list that the linker makes of all plugins of the program.
///
/// The argument is a constant expression of a type that implements
/// [`PluginMetadata`](crate::plugin::PluginMetadata): a unit struct, or a call of a `const fn`.
/// Works in crates with `#![forbid(unsafe_code)]`. See [`plugin`](mod@crate::plugin) for an example.
#[macro_export]
macro_rules! plugin {
    ($plugin:expr $(,)?) => {
        const _: () = {
            static PLUGIN: &dyn $crate::plugin::PluginMetadata = &$plugin;
            $crate::__floe_linked! {
                "fl_plugin_0_1"
                static LINKED: $crate::plugin::LinkedPlugin = $crate::plugin::LinkedPlugin::new(
                    PLUGIN,
                    ::core::module_path!(),
                    ::core::file!(),
                    ::core::line!(),
                );
            }
        };
    };
}

/// Puts a telemetry backend into the list that the linker makes of all plugins of the program, so
/// that `plugins.telemetry_backend` can choose it.
///
/// The argument is a constant expression of a type that implements
/// [`TelemetryBackendPlugin`](crate::plugin::TelemetryBackendPlugin), which has an example.
#[cfg(feature = "provider")]
#[macro_export]
macro_rules! telemetry_backend {
    ($backend:expr $(,)?) => {
        const _: () = {
            static BACKEND: &dyn $crate::plugin::TelemetryBackendPlugin = &$backend;
            $crate::__floe_linked! {
                "fl_plugin_0_1"
                static LINKED: $crate::plugin::LinkedPlugin = $crate::plugin::LinkedPlugin::new(
                    BACKEND,
                    ::core::module_path!(),
                    ::core::file!(),
                    ::core::line!(),
                )
                .with_backend(BACKEND);
            }
        };
    };
}
