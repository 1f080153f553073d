//! What the variables of the environment say.
//!
//! A value that is not one of a list, not a number or not a truth value is ignored with a warning,
//! as the [specification](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/)
//! asks; whatever else is not accepted is an error.

mod batch;
mod otlp;
mod parse;
mod service;
mod spans;

use std::collections::BTreeSet;
use std::env::VarError;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use self::parse::Refusal;
use super::TelemetryConfig;
use super::problems::Problems;
use crate::environment;
use crate::error::Error;
use crate::sanitizer::sanitize_error;

/// A variable that is set and not blank; the specification treats blank as unset.
fn variable(name: &str) -> Result<Option<String>, Error> {
    match environment::variable(name) {
        Ok(value) if value.trim().is_empty() => Ok(None),
        Ok(value) => Ok(Some(value.trim().to_owned())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => {
            Err(Error::config(format!("{name}: the value is not UTF-8")))
        }
    }
}

/// A variable that a reference names.
#[cfg(feature = "_otlp")]
pub(super) fn named(name: &str) -> Result<Option<String>, Error> {
    variable(name)
}

/// Whether `OTEL_SDK_DISABLED` switches everything off.
pub(crate) fn is_disabled() -> Result<bool, Error> {
    let mut reader = Reader::default();
    let disabled = reader.take("OTEL_SDK_DISABLED", parse::truth);
    reader.problems.into_result()?;
    Ok(disabled.unwrap_or(false))
}

/// Whether colours are unwanted (<https://no-color.org>), or the terminal has none.
pub(crate) fn wants_no_color() -> bool {
    environment::variable_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || environment::variable_os("TERM").is_some_and(|value| value == "dumb")
}

/// Goes to whoever listens to `tracing`. Configuration is often read before anybody does, and a
/// mistake that nobody is told of is not found: then it goes to standard error.
pub(crate) fn warn(message: &str) {
    static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    // Each once: a process may read its environment several times.
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if !told.insert(message.to_owned()) {
        return;
    }
    if tracing::dispatcher::has_been_set() {
        tracing::warn!("{message}");
    } else {
        // Nobody may be reading there either.
        let _ = writeln!(std::io::stderr(), "warning: {message}");
    }
}

/// Reads variables, and keeps what is wrong with them.
#[derive(Debug, Default)]
struct Reader {
    problems: Problems,
}

impl Reader {
    /// The value of a variable. `None`: it is not set, or what it says cannot be used.
    fn take<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, Refusal>) -> Option<T> {
        let Ok(text) = variable(name) else {
            self.problems.add(name, "the value is not UTF-8");
            return None;
        };
        let text = text?;
        match parse(&text) {
            Ok(value) => return Some(value),
            Err(Refusal::Ignored(message)) => {
                warn(&sanitize_error(&format!(
                    "{name}: {message}; the variable is ignored"
                )));
            }
            Err(Refusal::Refused(message)) => self.problems.add(name, message),
        }
        None
    }

    /// Sets `field`, if the variable says something.
    fn set<T>(
        &mut self,
        name: &str,
        field: &mut T,
        parse: impl FnOnce(&str) -> Result<T, Refusal>,
    ) {
        if let Some(value) = self.take(name, parse) {
            *field = value;
        }
    }

    /// Sets an optional `field`, if the variable says something.
    fn fill<T>(
        &mut self,
        name: &str,
        field: &mut Option<T>,
        parse: impl FnOnce(&str) -> Result<T, Refusal>,
    ) {
        if let Some(value) = self.take(name, parse) {
            *field = Some(value);
        }
    }
}

impl TelemetryConfig {
    /// The defaults, changed by the environment. The service is `floe-platform` if no variable
    /// says what it is. `docs/configuration.md` of the repository lists the variables.
    ///
    /// # Errors
    ///
    /// As [`apply_env`](Self::apply_env).
    pub fn from_env() -> Result<Self, Error> {
        let mut config = Self::new("floe-platform");
        config.apply_env()?;
        Ok(config)
    }

    /// Lets the variables of the environment win over what is set so far: the `OTEL_*` variables
    /// of the specification that apply, `FLOE_LOG_LEVEL` and `FLOE_LOG_JSON`.
    ///
    /// A number, a truth value or a word that is not accepted is ignored, with a warning through
    /// `tracing`, or on standard error while nobody listens there.
    ///
    /// # Errors
    ///
    /// A variable has another value that is not accepted, an endpoint for example; all of them are
    /// told at once. Nothing is changed then.
    pub fn apply_env(&mut self) -> Result<(), Error> {
        let mut config = self.clone();
        let mut reader = Reader::default();
        service::apply(&mut config, &mut reader);
        spans::apply(&mut config, &mut reader);
        batch::apply(&mut config, &mut reader);
        otlp::apply(&mut config, &mut reader);
        config.check(&mut reader.problems);
        reader.problems.into_result()?;
        *self = config;
        Ok(())
    }
}
