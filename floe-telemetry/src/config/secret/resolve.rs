//! From a reference to the credential, when exporting starts.

use std::fs::File;
use std::io::Read as _;

use secrecy::{ExposeSecret, SecretString};

use super::{Source, reference};
use crate::config::env;
use crate::error::Error;

/// A file that is longer is not a credential.
const LONGEST: u64 = 64 * 1024;

/// The credential itself. The message of an error names the source and never the content.
pub(in crate::config) fn resolve(secret: &SecretString) -> Result<SecretString, Error> {
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
