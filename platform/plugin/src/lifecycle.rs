//! The start and the calls of a configured plugin.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};

/// The common interface of all plugins. All methods have a default, so `impl Lifecycle for Slack {}` suffices for a
/// plugin that opens no connections.
///
/// The traits of plugins are synchronous, because a run, which builds one asset at a time, may block its thread.
pub trait Lifecycle: fmt::Debug + Send + Sync + 'static {
    /// Opens connections, after the plugin's credentials were resolved. Called once, before any operation. Default:
    /// does nothing.
    ///
    /// # Errors
    ///
    /// The plugin cannot be used.
    fn start(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Returns the services that operations connect to. A cluster's network policies allow no others. May be called
    /// before the start. Default: none.
    fn endpoints(&self) -> Vec<Endpoint> {
        Vec::new()
    }
}

/// A plugin that was created from its configuration, usable as [`Lifecycle`] and as the trait of its kind.
pub struct Instance {
    lifecycle: Arc<dyn Lifecycle>,
    /// An `Arc<dyn …>` of the kind's trait.
    typed: Box<dyn Any + Send + Sync>,
}

impl Instance {
    #[doc(hidden)]
    #[must_use]
    pub fn new<K: ?Sized + Send + Sync + 'static>(
        lifecycle: Arc<dyn Lifecycle>,
        typed: Arc<K>,
    ) -> Self {
        Self { lifecycle, typed: Box::new(typed) }
    }

    pub(crate) fn lifecycle(&self) -> &Arc<dyn Lifecycle> {
        &self.lifecycle
    }

    pub(crate) fn typed<K: ?Sized + Send + Sync + 'static>(&self) -> Option<&Arc<K>> {
        self.typed.downcast_ref()
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lifecycle.fmt(f)
    }
}

/// Runs code of a plugin. A panic becomes an error, so that the platform decides whether the run continues.
pub(crate) fn caught<T>(run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // `AssertUnwindSafe`: only later calls of the plugin see a state that a panic has left half changed.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| {
        let text = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied());
        let message = format!("the plugin panicked: {}", text.unwrap_or_default());
        Err(Error::new(ErrorKind::Other, message.trim_end_matches(": ")))
    })
}
