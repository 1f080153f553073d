//! The life of a configured plugin: start, use and stop.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use floe_telemetry::opentelemetry::Context;

use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};

/// The time limit for starting or stopping a plugin.
pub const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The common interface of all plugins. All methods have a default, so `impl Lifecycle for Slack {}` is a plugin
/// without a connection to open.
///
/// The traits of plugins are synchronous, because the threads of the platform are blocking: a run
/// builds one asset at a time.
pub trait Lifecycle: fmt::Debug + Send + Sync + 'static {
    /// Opens connections, after the plugin's credentials were resolved. Called once, before any operation,
    /// and abandoned after [`START_TIMEOUT`]. Default: nothing.
    ///
    /// # Errors
    ///
    /// The plugin cannot be used.
    fn start(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Closes connections. Called once, after all operations, and abandoned after [`START_TIMEOUT`].
    /// Default: nothing.
    ///
    /// # Errors
    ///
    /// Accepted data could not be stored.
    fn stop(&self) -> Result<(), Error> {
        Ok(())
    }

    /// The services that operations connect to. The network policies of a cluster allow only these. Also called before
    /// the start. Default: none.
    fn endpoints(&self) -> Vec<Endpoint> {
        Vec::new()
    }
}

/// A plugin created from its configuration: as the common interface, and as its kind.
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

/// Runs code of a plugin on a thread of its own, and waits for it no longer than `limit`. Then the thread is left
/// behind, because threads cannot be stopped.
pub(crate) fn limited<T: Send + 'static>(
    limit: Duration,
    run: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let cx = Context::current();
    let spawned = thread::Builder::new().name("floe-plugin".to_owned()).spawn(move || {
        let _attached = cx.attach();
        // Nobody receives after the limit.
        let _ = sender.send(caught(run));
    });
    if let Err(error) = spawned {
        return Err(Error::from(error));
    }
    match receiver.recv_timeout(limit) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => Err(Error::new(
            ErrorKind::TimedOut,
            format!("no response within {} seconds", limit.as_secs_f64()),
        )),
        Err(RecvTimeoutError::Disconnected) => Err(panicked("")),
    }
}

/// Runs code of a plugin. A panic becomes an error, so that the platform decides about the run.
pub(crate) fn caught<T>(run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // After an error, nothing that the plugin was changing is used again without its own checks.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Err(panicked(text.unwrap_or_default()))
    })
}

fn panicked(text: &str) -> Error {
    let message = format!("the plugin panicked: {text}");
    Error::new(ErrorKind::Other, message.trim_end_matches(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_that_hangs_or_panics_is_an_error() {
        let (_never, receiver) = mpsc::channel::<()>();
        let hangs = limited(Duration::from_millis(20), move || {
            let _ = receiver.recv();
            Ok(())
        });
        let error = hangs.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(error.to_string(), "no response within 0.02 seconds");

        for (payload, message) in [
            (Box::new("broken") as Box<dyn Any + Send>, "the plugin panicked: broken"),
            (Box::new("token=c2VjcmV0".to_owned()), "the plugin panicked: token=<REDACTED>"),
            (Box::new(7), "the plugin panicked"),
        ] {
            // Without the hook that prints a message.
            let panics = limited(START_TIMEOUT, || -> Result<(), Error> {
                std::panic::resume_unwind(payload)
            });
            assert_eq!(panics.unwrap_err().to_string(), message);
        }
        assert_eq!(limited(START_TIMEOUT, || Ok(7)).unwrap(), 7);
    }
}
