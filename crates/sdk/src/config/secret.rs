//! Credentials, and references to them.
//!
//! `${env:NAME}` refers to an environment variable, `${file:PATH}` to the content of a file. A reference is
//! not a secret, so it is written unchanged. A credential is never written: it is replaced by a mask, and
//! a mask is not accepted as a credential.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use crate::redaction::sanitize_sent_value;

/// Replaces a credential in a written configuration.
const MASK: &str = "**********";

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
/// `Debug` and `Serialize` write a reference unchanged, and a mask instead of a credential. Its memory is overwritten
/// when it is dropped.
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
pub struct Secret(SecretString);

impl Secret {
    /// Returns the text. The caller is responsible for its use.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
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
        Self(text.into())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
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

/// The source of a referenced credential.
#[derive(Debug)]
pub enum Source<'a> {
    /// A variable.
    Env(&'a str),
    /// The path of a file.
    File(&'a str),
}

/// Returns the source that `text` refers to, if it is a reference.
///
/// # Errors
///
/// The text begins like a reference but is incomplete.
#[expect(clippy::result_unit_err, reason = "the caller names the place")]
pub fn reference(text: &str) -> Result<Option<Source<'_>>, ()> {
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

/// Checks that this is a credential or a reference. The error is the reason for the refusal.
pub(super) fn check(secret: Option<&Secret>) -> Result<(), &'static str> {
    match secret.map(Secret::expose) {
        None | Some("") => Err("is missing or empty"),
        // A mask would be sent as a wrong credential.
        Some(MASK) => Err(
            "holds only the mask that replaces a credential when a configuration is serialized: \
             expected a reference, `${env:NAME}` or `${file:PATH}`",
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
    match check(Some(secret)) {
        Ok(()) if secret.expose().starts_with("${") => {
            Err("begins like a reference, but references are already substituted")
        }
        checked => checked,
    }
}
