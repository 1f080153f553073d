//! Credentials, and references to them.
//!
//! `${env:NAME}` refers to an environment variable, `${file:PATH}` to the content of a file. A reference is
//! not a secret, so it is written unchanged. A credential is never written: it is replaced by a mask, and
//! a mask is not accepted as a credential.

use std::collections::BTreeMap;
use std::env::VarError;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::environment;
use crate::error::Error;
use crate::redaction::sanitize_sent_value;
use crate::regular_file;

/// Replaces a credential in a written configuration.
const MASK: &str = "**********";

/// The maximum size of a file with a credential.
const MAX_BYTES: u64 = 64 * 1024;

/// Writes attributes as they are exported, that is, redacted.
pub(super) fn serialize_attributes<S: Serializer>(
    attributes: &BTreeMap<String, String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(attributes.iter().map(|(key, it)| (key, sanitize_sent_value(key, it))))
}

/// A credential, or a reference to one: `${env:NAME}` for an environment variable, `${file:PATH}` for the content of a
/// file.
///
/// `Debug` and `Serialize` write a reference unchanged, and a mask instead of a credential. The memory of the
/// credential is overwritten when this value is dropped.
///
/// ```
/// use floe_telemetry::config::Secret;
///
/// let given = ["hunter", "2"].concat();
/// let secret = Secret::from(given.as_str());
/// assert!(!format!("{secret:?}").contains(&given));
/// assert_eq!(secret.expose(), given);
/// assert_eq!(format!("{:?}", Secret::from("${env:TOKEN}")), "\"${env:TOKEN}\"");
/// ```
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Returns the text. The caller is responsible for its use.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Resolves a reference, or returns the credential itself. The error never contains the credential.
    pub(crate) fn resolve(&self) -> Result<Self, Error> {
        let incomplete = |()| Error::config("the reference is not complete");
        match reference(self.expose()).map_err(incomplete)? {
            None => Ok(self.clone()),
            Some(Source::Env(name)) => variable(name).map(Into::into),
            Some(Source::File(path)) => file(path).map(Into::into),
        }
    }

    /// Returns the text for output: the reference, or the mask.
    fn shown(&self) -> &str {
        match reference(self.expose()) {
            Ok(Some(_)) => self.expose(),
            _ => MASK,
        }
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.shown(), f)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

enum Source<'a> {
    Env(&'a str),
    File(&'a str),
}

/// Returns the source that `text` refers to, if it is a reference. Fails if the text begins like a reference but is
/// incomplete.
fn reference(text: &str) -> Result<Option<Source<'_>>, ()> {
    let Some(rest) = text.strip_prefix("${") else {
        return Ok(None);
    };
    let inside = rest.strip_suffix('}').ok_or(())?;
    match inside.split_once(':') {
        Some((_, "")) => Err(()),
        Some(("env", name)) => Ok(Some(Source::Env(name))),
        Some(("file", path)) => Ok(Some(Source::File(path))),
        _ => Err(()),
    }
}

fn variable(name: &str) -> Result<String, Error> {
    match environment::variable(name) {
        Ok(value) if !value.trim().is_empty() => Ok(value.trim().to_owned()),
        Ok(_) | Err(VarError::NotPresent) => {
            Err(Error::config(format!("the variable `{name}` is not set, or blank")))
        }
        Err(VarError::NotUnicode(_)) => {
            Err(Error::config(format!("{name}: the value is not UTF-8")))
        }
    }
}

fn file(path: &str) -> Result<String, Error> {
    let bytes = regular_file::read(Path::new(path), MAX_BYTES)
        .map_err(|error| Error::config(format!("the file `{path}` cannot be read: {error}")))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::config(format!("the file `{path}` is not UTF-8")))?;
    // Editors and `echo` append a newline.
    let text = text.trim_end();
    if text.is_empty() {
        return Err(Error::config(format!("the file `{path}` is blank")));
    }
    Ok(text.to_owned())
}

/// Checks that this is a credential or a reference. The error is the reason for the refusal.
pub(super) fn check(secret: Option<&Secret>) -> Result<(), &'static str> {
    match secret.map(Secret::expose) {
        None | Some("") => Err("is missing or empty"),
        // A mask would be sent as a wrong credential.
        Some(MASK) => Err(
            "holds only the mask that replaces a credential when a configuration is serialized: \
             expected a credential or `${env:NAME}`",
        ),
        Some(text) => match reference(text) {
            Ok(_) => Ok(()),
            Err(()) => Err(
                "begins like a reference, expected `${env:NAME}` or `${file:PATH}` without other text",
            ),
        },
    }
}

/// Checks that this is a credential and not a reference. The error is the reason for the refusal.
pub(super) fn check_literal(secret: &Secret) -> Result<(), &'static str> {
    if secret.expose().starts_with("${") {
        return Err("begins with `${` after the variables were replaced, expected a credential");
    }
    check(Some(secret))
}
