//! Secrets from environment variables.

use floe_plugin::secrets::SecretStore;
use floe_plugin::{Error, ErrorKind, Lifecycle};
use secrecy::SecretString;
use serde::Deserialize;

floe_plugin::plugin! {
    kind: SecretStore,
    plugin: Env,
    name: "env",
    tracer: "floe.secrets.env",
    api: "1.0",
    description: "reads secrets from environment variables",
}

/// Secrets from environment variables: a key is the name of a variable, without the prefix.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Env {
    /// The prefix of the variables' names.
    prefix: String,
}

impl Lifecycle for Env {}

impl SecretStore for Env {
    fn get_secret(&self, key: &str) -> Result<Option<SecretString>, Error> {
        if key.is_empty() || key.contains(['=', '\0']) {
            let message = format!("expected the name of a variable, found the key `{key}`");
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        let name = format!("{}{key}", self.prefix);
        match std::env::var(&name) {
            Ok(value) => Ok(Some(value.into())),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => {
                let message = format!("the variable `{name}` is not UTF-8 text");
                Err(Error::new(ErrorKind::InvalidResponse, message))
            }
        }
    }
}
