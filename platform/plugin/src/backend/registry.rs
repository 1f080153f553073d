//! The backends that are linked into the program, and the search by name.

use std::fmt;

use floe_telemetry::Error;
use floe_telemetry::callsite::SourceLocation;
use floe_telemetry::config::suggest::{did_you_mean, nearest, one_of};

use super::built_in::BuiltIn;
use super::plugin::TelemetryBackendPlugin;

/// A backend that is linked into the program, and the source location that registered it.
#[derive(Clone, Copy, Debug)]
pub struct LinkedBackend {
    backend: &'static dyn TelemetryBackendPlugin,
    location: SourceLocation,
}

impl LinkedBackend {
    #[doc(hidden)]
    pub const fn new(
        backend: &'static dyn TelemetryBackendPlugin,
        location: SourceLocation,
    ) -> Self {
        Self { backend, location }
    }

    /// Returns the backend.
    #[must_use]
    pub const fn backend(&self) -> &'static dyn TelemetryBackendPlugin {
        self.backend
    }

    /// Returns the source location that registers the backend.
    #[must_use]
    pub const fn location(&self) -> SourceLocation {
        self.location
    }
}

/// Formats a backend as `acme 2.3.4 (acme/backend.rs:14)`.
impl fmt::Display for LinkedBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.backend.name();
        let version = self.backend.version();
        write!(f, "{name} {version} ({})", self.location)
    }
}

floe_telemetry::__floe_link_list! {
    static BACKENDS: [LinkedBackend] = "fl_backend_0_1";
}

/// The backends of this crate. They are not in the linker's list, because an element of a list counts as `unsafe_code`
/// in the crate that declares the list.
static BUILT_IN: [LinkedBackend; 3] = [
    LinkedBackend::new(&BuiltIn::Console, floe_telemetry::__floe_location!()),
    LinkedBackend::new(&BuiltIn::Jaeger, floe_telemetry::__floe_location!()),
    LinkedBackend::new(&BuiltIn::Otlp, floe_telemetry::__floe_location!()),
];

/// Returns every backend that is linked into the program, in no particular order. Backends that cannot be chosen,
/// because they share a name, are included.
pub fn linked() -> impl Iterator<Item = &'static LinkedBackend> {
    BUILT_IN.iter().chain(BACKENDS.iter())
}

/// Returns the names of the linked backends, sorted and without duplicates.
#[must_use]
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = linked().map(|linked| linked.backend().name()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Returns the backend with this name.
///
/// # Errors
///
/// No backend, or several backends, have this name. The error lists the known names, or the source locations that
/// register the backends.
///
/// ```standalone_crate
/// use floe_plugin::backend;
///
/// let error = backend::find("jaegr").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "backend: unknown backend `jaegr`, expected `console`, `jaeger` or `otlp`; did you mean `jaeger`?",
/// );
/// ```
pub fn find(name: &str) -> Result<&'static dyn TelemetryBackendPlugin, Error> {
    let mut found: Vec<_> = linked().filter(|linked| linked.backend().name() == name).collect();
    match found[..] {
        [] => Err(unknown(name)),
        [linked] => Ok(linked.backend()),
        _ => {
            found.sort_unstable_by_key(|linked| linked.location());
            Err(duplicate(&found))
        }
    }
}

/// Registers a telemetry backend with the program, so that a configuration can choose it by its name.
///
/// The argument is a constant expression of a type that implements
/// [`TelemetryBackendPlugin`](crate::backend::TelemetryBackendPlugin): a unit struct, or a call of a
/// `const fn`. The macro works in crates with `#![forbid(unsafe_code)]`. See
/// [`TelemetryBackendPlugin`](crate::backend::TelemetryBackendPlugin) for an example.
#[doc(hidden)] // at the root; `backend` re-exports it
#[macro_export]
macro_rules! telemetry_backend {
    ($backend:expr $(,)?) => {
        const _: () = {
            static BACKEND: &dyn $crate::backend::TelemetryBackendPlugin = &$backend;
            $crate::__private::linked! {
                "fl_backend_0_1"
                static LINKED: $crate::backend::LinkedBackend = $crate::backend::LinkedBackend::new(
                    BACKEND,
                    $crate::__private::location!(),
                );
            }
        };
    };
}

fn duplicate(backends: &[&LinkedBackend]) -> Error {
    let all: Vec<String> = backends.iter().map(ToString::to_string).collect();
    Error::config(format!(
        "backend: several backends have the same name: {}, expected different names",
        all.join(" and "),
    ))
}

fn unknown(name: &str) -> Error {
    let names = names();
    Error::config(format!(
        "backend: unknown backend `{name}`, expected {}{}",
        one_of(&names),
        did_you_mean(nearest(name, &names)),
    ))
}
