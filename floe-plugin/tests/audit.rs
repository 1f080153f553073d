//! The audit of a program with plugins of all kinds: it warns of those that nobody will see.

use floe_plugin::{InstrumentationGap, PluginMetadata, PluginType, registry};

/// ErrorView that it is instrumented, and is.
mod seen {
    use super::Plugin;

    floe_plugin::plugin!(Plugin("seen", Some("floe.storage.seen")));

    #[floe_telemetry::traced]
    pub(crate) fn put() {}
}

/// ErrorView that it is instrumented, and is not.
mod unseen {
    use super::Plugin;

    floe_plugin::plugin!(Plugin("unseen", Some("floe.storage.unseen")));
}

floe_plugin::plugin!(Plugin("nameless", None));
floe_plugin::plugin!(Plugin("misnamed", Some("floe-storage")));

struct Plugin(&'static str, Option<&'static str>);

impl PluginMetadata for Plugin {
    fn name(&self) -> &str {
        self.0
    }

    fn version(&self) -> &'static str {
        "1.0.0"
    }

    fn floe_api_version(&self) -> &'static str {
        "1.0"
    }

    fn plugin_type(&self) -> PluginType {
        PluginType::Storage
    }

    fn tracer_name(&self) -> Option<&str> {
        self.1
    }
}

#[test]
fn each_plugin_that_nobody_will_see_is_a_warning() -> Result<(), registry::Error> {
    seen::put();
    let warnings = floe_plugin::audit()?;
    let found: Vec<_> = warnings
        .iter()
        .map(|warning| (warning.plugin_name.as_str(), &warning.gap))
        .collect();
    let misnamed = InstrumentationGap::MalformedTracerName("floe-storage".to_owned());
    let unseen = InstrumentationGap::NoTracedFunction("audit::unseen".to_owned());
    assert_eq!(
        found,
        [
            ("misnamed", &misnamed),
            ("nameless", &InstrumentationGap::NoTracerName),
            ("unseen", &unseen),
        ]
    );
    assert_eq!(
        warnings[2].to_string(),
        "plugin 'unseen' (storage): no `#[traced]` function in `audit::unseen` or below it; annotate its operations with `#[traced]`"
    );
    Ok(())
}
