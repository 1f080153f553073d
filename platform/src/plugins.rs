//! The metadata of the platform's own plugins. Each plugin is registered in the module that implements
//! it.

use floe_plugin::{PluginMetadata, PluginType};

/// A plugin of this crate.
#[derive(Debug)]
pub(crate) struct BuiltIn {
    pub(crate) kind: PluginType,
    pub(crate) name: &'static str,
    pub(crate) tracer_name: &'static str,
    pub(crate) description: &'static str,
}

impl PluginMetadata for BuiltIn {
    fn name(&self) -> &str {
        self.name
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn floe_api_version(&self) -> &'static str {
        "1.0"
    }

    fn plugin_type(&self) -> PluginType {
        self.kind
    }

    fn description(&self) -> &str {
        self.description
    }

    fn tracer_name(&self) -> Option<&str> {
        Some(self.tracer_name)
    }
}
