//! The services that plugins connect to.

use crate::configuration::Reference;

/// The address of a service that a plugin connects to, as in the plugin's configuration.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Endpoint {
    /// A host, by name or by address, and a port.
    Host(String, u16),
    /// A URL.
    Url(String),
    /// A URL that is itself a credential, such as the URL of a webhook.
    Credential(Reference),
}
