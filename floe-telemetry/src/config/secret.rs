//! Credentials: given as they are, or by reference.
//!
//! `${env:NAME}` stands for a variable of the environment, `${file:PATH}` for the content of a
//! file. A reference is no secret, so it is written into artifacts as it is; a credential that was
//! given as it is, is not written: a mask stands for it, and the mask is not taken for one.

#[cfg(feature = "_otlp")]
mod resolve;

use secrecy::{ExposeSecret, SecretString};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

#[cfg(feature = "_otlp")]
pub(super) use self::resolve::resolve;

/// What is written where a credential stands.
pub(super) const MASK: &str = "**********";

/// Where a credential is to be found.
#[cfg_attr(
    not(feature = "_otlp"),
    expect(dead_code, reason = "looked up when exporting starts")
)]
enum Source<'a> {
    Env(&'a str),
    File(&'a str),
}

/// The source that `text` names. `Err`: it begins like a reference and is none.
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

/// Whether a credential can be had from it; otherwise why not.
pub(super) fn check(secret: Option<&SecretString>) -> Result<(), &'static str> {
    match secret.map(ExposeSecret::expose_secret) {
        None | Some("") => Err("is missing or empty"),
        // Loading the mask as a credential would send it as a wrong password.
        Some(MASK) => Err(
            "is the mask that stands for a credential in a written configuration, \
             accepted is a reference, `${env:NAME}` or `${file:PATH}`, which is written as it is",
        ),
        Some(text) => match reference(text) {
            Ok(_) => Ok(()),
            Err(()) => Err(
                "begins like a reference, accepted are `${env:NAME}` and `${file:PATH}`, with nothing around them",
            ),
        },
    }
}

/// What may be written: a reference, or the mask.
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

pub(super) fn serialize_map<S: Serializer>(
    secrets: &super::Headers,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(secrets.len()))?;
    for (name, secret) in secrets {
        map.serialize_entry(name, shown(secret))?;
    }
    map.end()
}

pub(super) fn is_same(one: Option<&SecretString>, other: Option<&SecretString>) -> bool {
    one.map(ExposeSecret::expose_secret) == other.map(ExposeSecret::expose_secret)
}
