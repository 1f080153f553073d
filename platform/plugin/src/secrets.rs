//! Requests to a secret store.

use floe_telemetry::FloeAttributes;
use secrecy::SecretString;

use crate::error::Error;
use crate::handle::Handle;
use crate::lifecycle::Lifecycle;
use crate::operation::operation;
pub use crate::operation::operation_span as secrets_span;

/// A request to a secret store. It has no field for the secret itself, and none may be added.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "secrets")]
pub struct SecretRequest<'a> {
    /// The operation: the last part of the span's name.
    pub operation: &'a str,
    /// The name of the secret store.
    pub provider: &'a str,
    /// The name of the secret.
    #[floe(key = "secrets.key_name")]
    pub key_name: Option<&'a str>,
    /// The namespace of the secret in the store.
    pub namespace: Option<&'a str>,
    /// The folder of the secret in the store.
    pub path: Option<&'a str>,
}

/// The response of a secret store.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "secrets")]
pub struct SecretsOutcome {
    /// Whether the secret exists.
    pub found: Option<bool>,
}

operation!("secrets", SecretRequest.operation);

/// A store of secrets. No error may contain a secret.
pub trait SecretStore: Lifecycle {
    /// Returns the namespace of the secrets in the store. Default: none.
    fn namespace(&self) -> Option<&str> {
        None
    }

    /// Returns the folder of the secrets in the store. Default: none.
    fn path(&self) -> Option<&str> {
        None
    }

    /// Returns the Kubernetes `Secret` that contains a key, for the role that reads it. May be called before the start.
    /// Default: none, for a store outside the cluster's API.
    ///
    /// # Errors
    ///
    /// The key is invalid for the store.
    fn kubernetes_secret<'a>(
        &'a self,
        key: &'a str,
    ) -> Result<Option<KubernetesSecret<'a>>, Error> {
        let _ = key;
        Ok(None)
    }

    /// Returns the secret with this key; `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// The store refused the request or could not be reached.
    fn get_secret(&self, key: &str) -> Result<Option<SecretString>, Error>;
}

/// A `Secret` of Kubernetes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KubernetesSecret<'a> {
    /// The name.
    pub name: &'a str,
    /// The namespace; `None` means the namespace of the pod that reads the secret.
    pub namespace: Option<&'a str>,
}

impl Handle<dyn SecretStore> {
    /// Returns the secret with this key, in the span `secrets.get_secret`.
    ///
    /// # Errors
    ///
    /// As for [`SecretStore::get_secret`].
    pub fn get_secret(&self, key: &str) -> Result<Option<SecretString>, Error> {
        let operation = SecretRequest {
            operation: "get_secret",
            provider: self.name(),
            key_name: Some(key),
            namespace: self.plugin().namespace(),
            path: self.plugin().path(),
        };
        self.observe(&operation, |store, span| {
            let secret = store.get_secret(key)?;
            span.set_attributes(&SecretsOutcome { found: Some(secret.is_some()) });
            Ok(secret)
        })
    }
}
