//! The handle of a plugin, whose methods record the plugin's operations in spans.

use std::fmt;
use std::sync::Arc;

use floe_telemetry::{ActiveSpan, MetricRecorder};

use crate::error::Error;
use crate::failure::observed;
use crate::kind::PluginType;
use crate::lifecycle::{Instance, Lifecycle, caught};
use crate::operation::{Opener, Operation};
use crate::registry::{Factory, LinkedPlugin};

/// Implemented for the trait of each plugin type, such as `dyn AlertChannel`.
pub trait Kind: Lifecycle {
    /// The type of the plugins that implement the trait.
    const TYPE: PluginType;

    /// The operations of the trait, as in the names of their spans. A contract test performs each one.
    const OPERATIONS: &'static [&'static str];
}

/// A configured plugin of a kind, for example `Handle<dyn AlertChannel>`.
///
/// The handle has methods for the operations of the plugin's trait. They record each operation in a span, with the
/// plugin's tracer as its scope, so a plugin contains no telemetry code.
///
/// ```standalone_crate
/// use floe_plugin::alert::{AlertChannel, Message, Severity};
/// use floe_plugin::{Destination, Error, Lifecycle, Plugins, Selection, PluginType};
/// use floe_telemetry::testing;
///
/// #[derive(Debug, serde::Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Pager { team: String }
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
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let chosen = Selection::new(PluginType::AlertChannel, "pager", serde_json::json!({ "team": "data" }));
/// let plugins = Plugins::configure(&[chosen])?;
/// plugins.start(|_| true)?;
/// let message = Message { severity: Severity::Critical, ..Message::new("FloePipelineFailed", "no orders") };
/// let spans = testing::capture(|| {
///     for channel in plugins.all::<dyn AlertChannel>() {
///         channel.send_alert(&message).unwrap();
///     }
/// });
/// let span = spans.single("alert.send_alert").assert_ok();
/// span.assert_attribute("alert.channel", "pager").assert_attribute("alert.destination", "data");
/// assert_eq!(span.scope(), "floe.alert.pager");
/// # Ok(())
/// # }
/// ```
pub struct Handle<K: ?Sized> {
    plugin: Arc<K>,
    linked: &'static LinkedPlugin,
    factory: Factory,
}

impl<K: ?Sized + Kind> Handle<K> {
    /// Returns `None` if the instance is of another kind.
    pub(crate) fn new(
        linked: &'static LinkedPlugin,
        factory: Factory,
        instance: &Instance,
    ) -> Option<Self> {
        Some(Self { plugin: Arc::clone(instance.typed::<K>()?), linked, factory })
    }

    /// Returns the name of the plugin.
    pub fn name(&self) -> &'static str {
        self.linked.plugin().name()
    }

    /// Returns the plugin itself. Calls of its methods have no span.
    pub fn plugin(&self) -> &K {
        &self.plugin
    }

    pub(crate) fn opener(&self) -> Opener {
        self.factory.span
    }

    /// Returns a recorder of metrics whose scope is that of the plugin's spans.
    pub fn metrics(&self) -> &'static MetricRecorder {
        self.factory.metrics
    }

    pub(crate) fn observe<T>(
        &self,
        operation: &impl Operation,
        run: impl FnOnce(&K, &ActiveSpan) -> Result<T, Error>,
    ) -> Result<T, Error> {
        observe(self.opener(), operation, |span| run(&self.plugin, span))
    }
}

/// Runs an operation in its span, and counts its failure. A panic becomes an error.
pub(crate) fn observe<T, O: Operation>(
    span: Opener,
    operation: &O,
    run: impl FnOnce(&ActiveSpan) -> Result<T, Error>,
) -> Result<T, Error> {
    let span = span(operation.span_name()).attributes(operation).start();
    observed(&span, O::DOMAIN, || caught(|| run(&span)))
}

impl<K: ?Sized> fmt::Debug for Handle<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The plugin itself is not printed, because its author decides what its `Debug` output contains.
        f.debug_tuple("Handle").field(&self.linked.plugin()).finish()
    }
}
