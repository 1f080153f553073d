//! Credentials: given as they are, or by reference.
//!
//! `${env:NAME}` stands for a variable of the environment, `${file:PATH}` for the content of a
//! file. A reference is no secret, so it is written into artifacts as it is; a credential that was
//! given as it is, is not written: a mask stands for it, and the mask is not taken for one.

use std::fs::File;
use std::io::Read as _;

use secrecy::{ExposeSecret, SecretString};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::env;
use crate::error::Error;

/// What is written where a credential stands.
pub(super) const MASK: &str = "**********";

/// A file that is longer is not a credential.
const LONGEST: u64 = 64 * 1024;

/// Where a credential is to be found.
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

/// The credential itself. The message of an error names the source and never the content.
pub(super) fn resolve(secret: &SecretString) -> Result<SecretString, Error> {
    let text = secret.expose_secret();
    let found = match reference(text) {
        Ok(None) => return Ok(secret.clone()),
        Ok(Some(Source::Env(name))) => env::named(name)?
            .ok_or_else(|| Error::config(format!("the variable `{name}` is not set")))?,
        Ok(Some(Source::File(path))) => read(path)?,
        Err(()) => return Err(Error::config("a reference is not complete")),
    };
    Ok(found.into())
}

fn read(path: &str) -> Result<String, Error> {
    let cannot = |error: std::io::Error| {
        Error::config(format!(
            "the file `{path}` cannot be read: {}",
            error.kind()
        ))
    };
    let mut text = String::new();
    let file = File::open(path).map_err(cannot)?;
    file.take(LONGEST)
        .read_to_string(&mut text)
        .map_err(cannot)?;
    // Editors and `echo` end a file with a line end.
    let text = text.trim_end();
    if text.is_empty() {
        return Err(Error::config(format!("the file `{path}` is empty")));
    }
    Ok(text.to_owned())
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
