//! Configures the plugins that a platform has selected, and starts each after the stores of its credentials.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use floe_telemetry::opentelemetry::Key;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::configuration::{Credential, Reference, SelectionError, in_folder};
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::failure::observed;
use crate::handle::{Handle, Kind};
use crate::kind::PluginType;
use crate::lifecycle::{Instance, caught};
use crate::registry::{self, Factory, LinkedPlugin};
use crate::secrets::SecretStore;

/// Defines the kinds from rows of the form `Type: module::Trait, [operations];`.
macro_rules! traits {
    ($($kind:ident: $module:ident::$trait:ident, [$($operation:literal)*];)*) => {$(
        impl Kind for dyn crate::$module::$trait {
            const TYPE: PluginType = PluginType::$kind;
            const OPERATIONS: &'static [&'static str] = &[$($operation),*];
        }
    )*};
}

traits! {
    Compute: compute::QueryEngine, [
        "validate_connection" "create_database" "open_database" "load" "materialize" "query" "remove"
    ];
    Compute: compute::DbtEngine, ["validate_connection" "generate_profile"];
    Orchestrator: orchestrator::LocalOrchestrator, ["run"];
    Orchestrator: orchestrator::ProcessOrchestrator, ["create_definitions" "run"];
    Catalog: catalog::TableCatalog, ["create_namespace" "create_table"];
    Storage: storage::ObjectStore, ["put_object"];
    LineageBackend: lineage::LineageBackend, ["emit_event"];
    Dbt: dbt::DbtRunner, ["build" "run" "test"];
    SemanticLayer: semantic::SemanticLayer, ["sync"];
    Ingestion: ingestion::IngestionEngine, ["run" "write"];
    Secrets: secrets::SecretStore, ["get_secret"];
    Identity: identity::IdentityProvider, ["authenticate"];
    Quality: quality::QualityProvider, ["validate_expectations" "run_checks"];
    Rbac: security::RoleGenerator, [
        "generate_namespace" "generate_service_account" "generate_role" "generate_role_binding"
        "generate_pod_security_context"
    ];
    AlertChannel: alert::AlertChannel, ["send_alert"];
    NetworkSecurity: security::NetworkPolicyGenerator, [
        "generate_network_policy" "generate_default_deny_policies"
    ];
}

/// The selection of a plugin, with its configuration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Selection {
    /// The type of the plugin.
    pub kind: PluginType,
    /// The name of the plugin.
    pub name: String,
    /// The configuration, a mapping.
    pub config: Value,
    /// The folder of the product, the base of relative paths in the configuration.
    pub folder: PathBuf,
}

/// The plugins that a platform has selected.
pub struct Plugins {
    /// The stores of secrets, then the plugins that may need them.
    plugins: Vec<Configured>,
}

struct Configured {
    linked: &'static LinkedPlugin,
    factory: Factory,
    instance: Instance,
    credentials: Vec<Credential>,
}

impl Selection {
    /// Selects the plugin of a type with this name.
    #[must_use]
    pub fn new(kind: PluginType, name: impl Into<String>, config: Value) -> Self {
        Self { kind, name: name.into(), config, folder: PathBuf::new() }
    }

    /// Sets the folder of the product. Default: the working directory.
    #[must_use]
    pub fn in_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }
}

impl Plugins {
    /// Creates the selected plugins, without starting them or reading a credential.
    ///
    /// # Errors
    ///
    /// The first mistake in the selection or in a configuration, for example a plugin that is not linked into the
    /// program, or a credential whose store is not selected. A store with a credential in another store must be selected
    /// after that store.
    pub fn configure(selections: &[Selection]) -> Result<Self, SelectionError> {
        let mut plugins = Vec::with_capacity(selections.len());
        for (index, selection) in selections.iter().enumerate() {
            let at = |error| SelectionError { index, ..error };
            check_count(selections, index).map_err(at)?;
            plugins.push(configure(selection).map_err(at)?);
        }
        for index in 0..plugins.len() {
            let at = |error| SelectionError { index, ..error };
            check_stores(&plugins, index).map_err(at)?;
        }
        plugins.sort_by_key(|plugin| plugin.kind() != PluginType::Secrets);
        Ok(Self { plugins })
    }

    /// Starts the plugins of the types that `is_used` accepts, each after the stores of its credentials. The
    /// credentials of a plugin are read before it starts.
    ///
    /// # Errors
    ///
    /// A plugin did not start, or a credential cannot be read: the first error, after all plugins were tried.
    pub fn start(&self, is_used: impl Fn(PluginType) -> bool) -> Result<(), Error> {
        let mut started = Ok(());
        for plugin in self.with_stores(is_used) {
            started = started.and(self.start_one(plugin));
        }
        started
    }

    /// Returns the plugins of the types that `is_used` accepts, after the stores of their credentials.
    fn with_stores(&self, is_used: impl Fn(PluginType) -> bool) -> Vec<&Configured> {
        let mut needed: Vec<&Configured> = Vec::new();
        for plugin in self.plugins.iter().rev() {
            let is_needed = needed.iter().any(|it| it.stores().any(|name| plugin.is_store(name)));
            if is_needed || is_used(plugin.kind()) {
                needed.push(plugin);
            }
        }
        needed.reverse();
        needed
    }

    fn start_one(&self, plugin: &Configured) -> Result<(), Error> {
        let started = plugin.observe_start(|| {
            for credential in &plugin.credentials {
                credential.resolve(self.resolve(credential.reference())?);
            }
            caught(|| plugin.instance.lifecycle().start())
        });
        started.map_err(|error| {
            let kind = plugin.kind();
            let name = plugin.linked.plugin().name();
            let message = format!("the {kind} plugin `{name}` did not start: {error}");
            Error::new(error.kind(), message).in_domain(kind.domain())
        })
    }

    /// Returns the plugins, the stores of secrets first.
    pub fn linked(&self) -> impl Iterator<Item = &'static LinkedPlugin> {
        self.plugins.iter().map(|plugin| plugin.linked)
    }

    /// Returns the services that the plugins connect to, each with its plugin.
    pub fn endpoints(&self) -> impl Iterator<Item = (&'static LinkedPlugin, Endpoint)> {
        self.plugins.iter().flat_map(|plugin| {
            let endpoints = plugin.instance.lifecycle().endpoints();
            endpoints.into_iter().map(|it| (plugin.linked, it))
        })
    }

    /// Returns the references to the plugins' credentials.
    pub fn credentials(&self) -> impl Iterator<Item = &Reference> {
        let all = self.plugins.iter().flat_map(|plugin| &plugin.credentials);
        all.map(Credential::reference)
    }

    /// Returns the plugins of a kind, in the order of their selection: `plugins.all::<dyn AlertChannel>()`.
    pub fn all<K: ?Sized + Kind>(&self) -> impl Iterator<Item = Handle<K>> {
        self.plugins.iter().filter_map(|it| Handle::new(it.linked, it.factory, &it.instance))
    }

    /// Returns the plugin of a kind that allows one plugin: `plugins.one::<dyn TableCatalog>()`.
    pub fn one<K: ?Sized + Kind>(&self) -> Option<Handle<K>> {
        self.all().next()
    }

    /// Returns the plugin of a kind with this name.
    pub fn named<K: ?Sized + Kind>(&self, name: &str) -> Option<Handle<K>> {
        self.all().find(|plugin| plugin.name() == name)
    }

    /// Reads a credential.
    ///
    /// # Errors
    ///
    /// The variable, the file or the secret cannot be read, or is empty.
    pub fn resolve(&self, reference: &Reference) -> Result<SecretString, Error> {
        let missing = |why: &str| {
            Error::new(
                ErrorKind::Unauthorized,
                format!("the credential {reference} cannot be read: {why}"),
            )
        };
        let value = match reference {
            Reference::Env(name) => std::env::var(name)
                .map(SecretString::from)
                .map_err(|_| missing("the variable is not set, or is not UTF-8 text"))?,
            Reference::File(path) => {
                read(Path::new(path)).map_err(|error| missing(&error.to_string()))?
            }
            Reference::Secret { store, key } => {
                let store = self
                    .named::<dyn SecretStore>(store)
                    .ok_or_else(|| missing("the store is not selected"))?;
                let found = store.get_secret(key)?;
                found.ok_or_else(|| missing("the store has no such secret"))?
            }
        };
        if value.expose_secret().is_empty() {
            return Err(missing("it is empty"));
        }
        Ok(value)
    }
}

/// The maximum size of a file with a credential, in bytes.
const LARGEST_FILE: u64 = 1 << 20;

/// Reads the file of a credential, and removes white space at the end.
fn read(path: &Path) -> io::Result<SecretString> {
    // The type of the file is checked before it is opened, because opening a pipe would wait for its writer.
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > LARGEST_FILE {
        let message = "it is not a regular file of at most 1 MiB";
        return Err(io::Error::other(message));
    }
    let mut text = String::new();
    File::open(path)?.take(LARGEST_FILE).read_to_string(&mut text)?;
    Ok(text.trim_end().into())
}

impl fmt::Debug for Plugins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metadata = self.plugins.iter().map(|plugin| plugin.linked.plugin());
        f.debug_list().entries(metadata).finish()
    }
}

impl Configured {
    fn kind(&self) -> PluginType {
        self.linked.plugin().plugin_type()
    }

    fn is_store(&self, name: &str) -> bool {
        self.kind() == PluginType::Secrets && self.linked.plugin().name() == name
    }

    /// Returns the names of the stores that contain credentials of this plugin.
    fn stores(&self) -> impl Iterator<Item = &str> {
        let references = self.credentials.iter().map(Credential::reference);
        references.filter_map(|reference| match reference {
            Reference::Secret { store, .. } => Some(store.as_str()),
            _ => None,
        })
    }

    fn observe_start(&self, start: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
        let Some(domain) = self.kind().domain() else {
            return start();
        };
        let key = Key::new(format!("{domain}.operation"));
        let span = (self.factory.span)(format!("{domain}.start")).attribute(key, "start").start();
        observed(&span, domain, start)
    }
}

/// Checks that a type that allows one plugin has at most one, and that only alert channels are selected twice.
fn check_count(selections: &[Selection], index: usize) -> Result<(), SelectionError> {
    let Selection { kind, name, .. } = &selections[index];
    let earlier = || selections[..index].iter().filter(|other| other.kind == *kind);
    if !kind.allows_several() && earlier().next().is_some() {
        let message = format!("expected one {kind} plugin, found several");
        return Err(SelectionError::new(message));
    }
    if *kind != PluginType::AlertChannel && earlier().any(|other| other.name == *name) {
        let message = format!("expected each plugin once, found the {kind} plugin `{name}` twice");
        return Err(SelectionError::new(message));
    }
    Ok(())
}

fn configure(selection: &Selection) -> Result<Configured, SelectionError> {
    let linked = registry::find(selection.kind, &selection.name)
        .map_err(|error| SelectionError::new(error.to_string()))?;
    let Some(factory) = linked.factory() else {
        let message = format!("{linked} registers only metadata, so it cannot be selected");
        return Err(SelectionError::new(message));
    };
    let (instance, credentials) =
        in_folder(&selection.folder, || (factory.configure)(selection.config.clone()))?;
    Ok(Configured { linked, factory, instance, credentials })
}

/// Checks that the stores of a plugin's credentials are selected, and before the plugin if it is itself a store,
/// because stores start in the order of their selection.
fn check_stores(plugins: &[Configured], index: usize) -> Result<(), SelectionError> {
    let plugin = &plugins[index];
    let is_store = plugin.kind() == PluginType::Secrets;
    let (others, before) = if is_store { (&plugins[..index], " before it") } else { (plugins, "") };
    match plugin.stores().find(|name| !others.iter().any(|other| other.is_store(name))) {
        None => Ok(()),
        Some(store) => {
            let name = plugin.linked.plugin().name();
            let message = format!(
                "the plugin `{name}` needs the secrets plugin `{store}`, which is not selected{before}"
            );
            Err(SelectionError::new(message))
        }
    }
}
