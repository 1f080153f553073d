//! Credentials, and references to them.
//!
//! `${env:NAME}` refers to an environment variable, `${file:PATH}` to the content of a file. A reference is
//! not a secret, so it is written unchanged. A credential is never written: it is replaced by a mask, and
//! a mask is not accepted as a credential.

use secrecy::{ExposeSecret, SecretString};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

/// Replaces a credential in a written configuration.
const MASK: &str = "**********";

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
/// It begins like a reference but is not a complete one.
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

/// Checks that this is a credential or a reference. The error is the reason why it is neither.
pub(super) fn check(secret: Option<&SecretString>) -> Result<(), &'static str> {
    match secret.map(ExposeSecret::expose_secret) {
        None | Some("") => Err("is missing or empty"),
        // Otherwise the mask would be sent as a wrong credential.
        Some(MASK) => Err(
            "is the mask that stands for a credential in a written configuration, \
             expected a reference, `${env:NAME}` or `${file:PATH}`, which is written as it is",
        ),
        Some(text) => match reference(text) {
            Ok(_) => Ok(()),
            Err(()) => Err(
                "begins like a reference, expected `${env:NAME}` or `${file:PATH}` without other text",
            ),
        },
    }
}

/// Checks that this is a credential and no reference. The error is the reason why it is not.
pub(super) fn check_literal(secret: &SecretString) -> Result<(), &'static str> {
    match check(Some(secret)) {
        Ok(()) if secret.expose_secret().starts_with("${") => {
            Err("begins like a reference, which is accepted only where a file is substituted")
        }
        checked => checked,
    }
}

/// Returns the text that may be printed and written: the reference, or the mask.
pub(super) fn shown(secret: &SecretString) -> &str {
    match reference(secret.expose_secret()) {
        Ok(Some(_)) => secret.expose_secret(),
        _ => MASK,
    }
}

#[expect(clippy::ref_option, reason = "serde passes the field as it is")]
pub(super) fn serialize<S: Serializer>(
    secret: &Option<SecretString>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(shown).serialize(serializer)
}

pub(super) fn serialize_map<'a, S: Serializer>(
    secrets: impl IntoIterator<Item = (&'a String, &'a SecretString), IntoIter: ExactSizeIterator>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let secrets = secrets.into_iter();
    let mut map = serializer.serialize_map(Some(secrets.len()))?;
    for (name, secret) in secrets {
        map.serialize_entry(name, shown(secret))?;
    }
    map.end()
}

pub(super) fn is_same(one: Option<&SecretString>, other: Option<&SecretString>) -> bool {
    one.map(ExposeSecret::expose_secret) == other.map(ExposeSecret::expose_secret)
}
