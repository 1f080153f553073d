//! The plugins of a run, which are started before the run and called during it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;

use floe_plugin::alert::{AlertChannel, Message};
use floe_plugin::lineage::{Lineage, LineageBackend, RunEvent, RunState};
use floe_plugin::secrets::SecretStore;
use floe_plugin::{Destination, ErrorKind, Handle, Kind, PluginType, Plugins};
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_telemetry::opentelemetry::KeyValue;
use floe_telemetry::opentelemetry::trace::TraceContextExt as _;
use floe_telemetry::{get_current_span, opentelemetry, traced};

use crate::artifacts::RequiredSecret;
use crate::identity::Identity;
use crate::manifest::selection::{OnFailure, Selected, with_defaults};

/// The number of consecutive failures after which a lineage backend receives no more events, because a hanging backend
/// delays each asset.
const MOST_FAILURES: usize = 3;

#[derive(Debug)]
pub(crate) struct Active {
    plugins: Plugins,
    selected: Vec<Selected>,
    failures: RefCell<Failures>,
}

#[derive(Debug, Default)]
struct Failures {
    warnings: Vec<String>,
    /// The number of consecutive events that each lineage backend has lost.
    lost_events: HashMap<&'static str, usize>,
}

impl Active {
    /// Configures the selected plugins, and the embedded plugins of types without a selection.
    pub(crate) fn configure(selected: Vec<Selected>, identity: &Identity) -> Result<Self, Error> {
        let selected = with_defaults(selected);
        let selections: Vec<_> = selected.iter().map(|it| it.selection(&identity.folder)).collect();
        let plugins = Plugins::configure(&selections)
            .map_err(|error| Error::input(Place::file(&identity.manifest), error.to_string()))?;
        Ok(Self { plugins, selected, failures: RefCell::default() })
    }

    /// Starts the plugins of the types that `is_used` accepts, after the secret stores that contain their credentials.
    #[traced(name = "floe.plugins.start")]
    pub(crate) fn start(&self, is_used: impl Fn(PluginType) -> bool) -> Result<(), Error> {
        self.plugins.start(is_used).map_err(Error::Plugin)
    }

    pub(crate) fn plugins(&self) -> &Plugins {
        &self.plugins
    }

    pub(crate) fn one<K: ?Sized + Kind>(&self) -> Option<Handle<K>> {
        self.plugins.one()
    }

    pub(crate) fn required<K: ?Sized + Kind>(&self) -> Result<Handle<K>, Error> {
        let missing = || format!("there is no {} plugin, expected one in the manifest", K::TYPE);
        self.plugins.one().ok_or_else(|| Error::Setting(missing()))
    }

    pub(crate) fn find<K: ?Sized + Kind>(&self, name: &str) -> Result<Handle<K>, Error> {
        let missing = || {
            let names: Vec<&str> = self.plugins.all::<K>().map(|it| it.name()).collect();
            Error::Setting(format!(
                "the manifest selects no {} plugin `{name}`, expected one of: {}",
                K::TYPE,
                names.join(", "),
            ))
        };
        self.plugins.named(name).ok_or_else(missing)
    }

    /// Returns the value of a plugin's operation, or `None` after a tolerated failure, which is logged here.
    ///
    /// # Errors
    /// The operation failed, and the failure is not tolerated.
    pub(crate) fn tolerate<K: ?Sized + Kind, T>(
        &self,
        plugin: &Handle<K>,
        result: Result<T, floe_plugin::Error>,
    ) -> Result<Option<T>, Error> {
        let error = match result {
            Ok(value) => return Ok(Some(value)),
            Err(error) => error,
        };
        if self.is_tolerated(plugin) {
            let name = plugin.name();
            tracing::warn!(plugin = name, kind = %K::TYPE, %error, "an operation of a plugin failed");
            self.warn(failed(plugin)(error).redacted());
            return Ok(None);
        }
        Err(failed(plugin)(error))
    }

    pub(crate) fn warn(&self, warning: String) {
        self.failures.borrow_mut().warnings.push(warning);
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        self.failures.borrow().warnings.clone()
    }

    pub(crate) fn is_tolerated<K: ?Sized + Kind>(&self, plugin: &Handle<K>) -> bool {
        self.continues(K::TYPE, plugin.name())
    }

    fn continues(&self, kind: PluginType, name: &str) -> bool {
        let mut selected = self.selected.iter();
        let found = selected.find(|it| it.kind == kind && it.name == name);
        found.is_some_and(|it| it.on_failure == OnFailure::Continue)
    }

    /// Sends an alert to each channel. Standard error gets no alert of a failed run, because the program prints the
    /// error there.
    ///
    /// # Errors
    /// A channel failed, and the failure is not tolerated. All channels are tried.
    pub(crate) fn alert(&self, message: &Message<'_>) -> Result<(), Error> {
        let mut failed = Ok(());
        for channel in self.plugins.all::<dyn AlertChannel>() {
            let is_printed = channel.plugin().destination() == Destination::new("stderr");
            if message.name == RUN_FAILED && is_printed {
                continue;
            }
            let sent = self.tolerate(&channel, channel.send_alert(message));
            failed = failed.and(sent.map(drop));
        }
        failed
    }

    /// Emits a lineage event of the current trace to each backend that has not lost the last three events.
    ///
    /// # Errors
    /// A backend failed, and the failure is not tolerated. All backends are tried.
    pub(crate) fn lineage(&self, event: RunEvent<'_>) -> Result<(), Error> {
        let ids = current_ids();
        let event =
            RunEvent { trace: ids.as_ref().map(|(trace, span)| (&**trace, &**span)), ..event };
        let mut failed = Ok(());
        for backend in self.plugins.all::<dyn LineageBackend>() {
            let plugin = backend.name();
            let lost = self.failures.borrow().lost_events.get(plugin).copied().unwrap_or_default();
            if lost == MOST_FAILURES {
                if !self.is_tolerated(&backend) {
                    let message = format!("the last {lost} events of lineage were lost");
                    let error = floe_plugin::Error::new(ErrorKind::Unavailable, message);
                    failed = failed.and(Err(self::failed(&backend)(error)));
                }
                continue;
            }
            let emitted = backend.emit_event(&event);
            let lost = if emitted.is_ok() { 0 } else { lost + 1 };
            self.failures.borrow_mut().lost_events.insert(plugin, lost);
            if emitted.is_ok() && event.state == RunState::Start {
                let state = KeyValue::new(Lineage::EVENT_TYPE, event.state.as_str());
                get_current_span().add_event("lineage.emit_event", vec![state]);
            }
            if lost == MOST_FAILURES {
                tracing::warn!(plugin, "no more lineage is sent: the last {lost} events were lost");
            }
            let emitted = self.tolerate(&backend, emitted);
            failed = failed.and(emitted.map(drop));
        }
        failed
    }

    pub(crate) fn check_secrets(
        &self,
        secrets: &[RequiredSecret],
        file: &Path,
    ) -> Result<(), Error> {
        for secret in secrets {
            let mut is_found = false;
            for store in self.plugins.all::<dyn SecretStore>() {
                let found = self.tolerate(&store, store.get_secret(&secret.key))?;
                is_found |= found.flatten().is_some();
            }
            if !is_found && !secret.optional {
                let message =
                    format!("no store has the secret `{}`, which the product needs", secret.key);
                return Err(Error::input(Place::file(file), message));
            }
        }
        Ok(())
    }
}

pub(crate) fn failed<K: ?Sized + Kind>(
    plugin: &Handle<K>,
) -> impl Fn(floe_plugin::Error) -> Error + use<K> {
    let name = plugin.name();
    move |error| Error::of_plugin(K::TYPE, name, error)
}

pub(crate) const RUN_FAILED: &str = "FloePipelineFailed";

pub(crate) const CHECK_FAILED: &str = "FloeQualityCheckFailed";

/// Returns the ids of the current trace and span in hexadecimal digits; `None` if they are never exported. An unsampled
/// span may be exported if the run fails.
pub(crate) fn current_ids() -> Option<(String, String)> {
    ids_at_end(true)
}

/// Returns the ids of the current trace and span at the end of a run, when it is known whether the span is exported.
pub(crate) fn ids_at_end(has_failed: bool) -> Option<(String, String)> {
    let cx = opentelemetry::Context::current();
    let span = cx.span();
    let context = span.span_context();
    let is_exported = context.is_sampled() || has_failed && span.is_recording();
    (context.is_valid() && is_exported)
        .then(|| (context.trace_id().to_string(), context.span_id().to_string()))
}
