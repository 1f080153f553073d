//! The plugins that a platform has selected: configured, started in the order of their dependencies, and
//! stopped in the reverse order.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use floe_telemetry::Tracer;
use floe_telemetry::opentelemetry::Key;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::configuration::{ConfigurationError, Credential, Reference, in_folder};
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::failure::{counted, observed};
use crate::handle::{Handle, Kind};
use crate::kind::PluginType;
use crate::lifecycle::{Instance, Lifecycle, START_TIMEOUT, limited};
use crate::registry::{self, LinkedPlugin};
use crate::secrets::SecretStore;

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
///
/// Dropping the value stops the started plugins, and logs failures.
pub struct Plugins {
    /// The plugins in the order of their dependencies.
    plugins: Vec<Configured>,
}

struct Configured {
    linked: &'static LinkedPlugin,
    tracer: &'static Tracer,
    instance: Instance,
    credentials: Vec<Credential>,
    /// Whether `start` returned and `stop` was not called yet.
    is_started: AtomicBool,
}

/// The error of a plugin's selection.
#[derive(Debug)]
pub struct SelectionError {
    index: usize,
    error: ConfigurationError,
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

impl SelectionError {
    fn new(index: usize, message: String) -> Self {
        Self { index, error: ConfigurationError::new(Vec::new(), message) }
    }

    /// The index of the selection in the configured list.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The keys that lead to the mistake in the plugin's configuration; empty for a mistake in the selection itself,
    /// such as its name.
    pub fn path(&self) -> &[String] {
        self.error.path()
    }

    /// The found and the accepted values.
    pub fn message(&self) -> &str {
        self.error.message()
    }
}

impl fmt::Display for SelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for SelectionError {}

impl Plugins {
    /// Creates the selected plugins, without starting them or reading a credential.
    ///
    /// # Errors
    ///
    /// A plugin is not linked into the program or is incompatible with it; its configuration is not valid; the store of
    /// one of its credentials is not selected; plugins depend on each other in a circle; a type that allows one plugin
    /// has several.
    pub fn configure(selections: &[Selection]) -> Result<Self, SelectionError> {
        let mut found = Vec::with_capacity(selections.len());
        for (index, selection) in selections.iter().enumerate() {
            check_count(selections, index)?;
            found.push(configure(selection).map_err(|error| SelectionError { index, error })?);
        }
        let order = order(&found)?;
        let mut found: Vec<Option<Configured>> = found.into_iter().map(Some).collect();
        let plugins = order.into_iter().filter_map(|index| found[index].take());
        Ok(Self { plugins: plugins.collect() })
    }

    /// Resolves the credentials of the plugins and starts them, in the order of their dependencies.
    ///
    /// # Errors
    ///
    /// A plugin did not start within [`START_TIMEOUT`], or a credential cannot be resolved. The plugins that were
    /// already started are stopped.
    pub fn start(&self) -> Result<(), Error> {
        self.start_used(|_| true)
    }

    /// Starts the plugins of some types, and their dependencies.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn start_used(&self, is_used: impl Fn(PluginType) -> bool) -> Result<(), Error> {
        for plugin in self.with_dependencies(is_used) {
            if let Err(error) = self.start_one(plugin) {
                self.stop();
                return Err(plugin.explain(&error, "did not start"));
            }
        }
        Ok(())
    }

    /// The plugins of some types and their dependencies, in the order of the dependencies.
    fn with_dependencies(&self, is_used: impl Fn(PluginType) -> bool) -> Vec<&Configured> {
        let mut needed: Vec<&Configured> = Vec::new();
        for plugin in self.plugins.iter().rev() {
            let is_needed =
                needed.iter().any(|other| other.needs().any(|(kind, name)| plugin.is(kind, name)));
            if is_needed || is_used(plugin.linked.plugin().plugin_type()) {
                needed.push(plugin);
            }
        }
        needed.reverse();
        needed
    }

    fn start_one(&self, plugin: &Configured) -> Result<(), Error> {
        plugin.observe("start", || {
            for credential in &plugin.credentials {
                credential.resolve(self.resolve(credential.reference())?);
            }
            plugin.limited(START_TIMEOUT, Lifecycle::start)
        })?;
        plugin.is_started.store(true, Ordering::Release);
        Ok(())
    }

    /// Stops the started plugins in the reverse order, all of them in any case. Returns failed plugins with their
    /// errors.
    pub fn stop(&self) -> Vec<(&'static LinkedPlugin, Error)> {
        let mut failed = Vec::new();
        for plugin in self.plugins.iter().rev() {
            if let Err(error) = plugin.stop() {
                failed.push((plugin.linked, plugin.explain(&error, "did not stop")));
            }
        }
        failed
    }

    /// The plugins, in the order of their dependencies.
    pub fn linked(&self) -> impl Iterator<Item = &'static LinkedPlugin> {
        self.plugins.iter().map(|plugin| plugin.linked)
    }

    /// The services that the plugins connect to.
    pub fn endpoints(&self) -> impl Iterator<Item = (&'static LinkedPlugin, Endpoint)> {
        self.plugins.iter().flat_map(|plugin| {
            let endpoints = plugin.instance.lifecycle().endpoints();
            endpoints.into_iter().map(|it| (plugin.linked, it))
        })
    }

    /// The credentials of the plugins.
    pub fn credentials(&self) -> impl Iterator<Item = &Reference> {
        let all = self.plugins.iter().flat_map(|plugin| &plugin.credentials);
        all.map(Credential::reference)
    }

    /// The plugins of a kind, in the order of their selection: `plugins.all::<dyn AlertChannel>()`.
    pub fn all<K: ?Sized + Kind>(&self) -> impl Iterator<Item = Handle<K>> {
        self.plugins.iter().filter_map(|it| Handle::new(it.linked, it.tracer, &it.instance))
    }

    /// The plugin of a kind that allows one plugin: `plugins.one::<dyn ComputeEngine>()`.
    pub fn one<K: ?Sized + Kind>(&self) -> Option<Handle<K>> {
        self.all().next()
    }

    /// The plugin of a kind with this name.
    pub fn named<K: ?Sized + Kind>(&self, name: &str) -> Option<Handle<K>> {
        self.all().find(|plugin| plugin.name() == name)
    }

    /// Reads a credential.
    ///
    /// # Errors
    ///
    /// The variable, the file or the secret does not exist, or is empty.
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

impl Drop for Plugins {
    fn drop(&mut self) {
        for (_, error) in self.stop() {
            tracing::warn!(%error, "a plugin failed");
        }
    }
}

/// The largest file with a credential, in bytes.
const LARGEST_FILE: u64 = 1 << 20;

/// Reads the file of a credential, without white space at the end.
fn read(path: &Path) -> io::Result<SecretString> {
    // Before it is opened: a pipe would wait for its writer.
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
    fn is(&self, kind: PluginType, name: &str) -> bool {
        let plugin = self.linked.plugin();
        plugin.plugin_type() == kind && plugin.name() == name
    }

    /// The dependencies of this plugin: the stores of its credentials.
    fn needs(&self) -> impl Iterator<Item = (PluginType, &str)> {
        let references = self.credentials.iter().map(Credential::reference);
        references.filter_map(|reference| match reference {
            Reference::Secret { store, .. } => Some((PluginType::Secrets, store.as_str())),
            _ => None,
        })
    }

    /// Stops the plugin if it was started.
    fn stop(&self) -> Result<(), Error> {
        if !self.is_started.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let stop = || self.limited(START_TIMEOUT, Lifecycle::stop);
        let domain = self.linked.plugin().plugin_type().domain();
        domain.map_or_else(stop, |domain| counted(domain, Error::is_failure, stop))
    }

    /// Runs a step of the plugin's life in a span.
    fn observe<T>(
        &self,
        operation: &'static str,
        run: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Some(domain) = self.linked.plugin().plugin_type().domain() else {
            return run();
        };
        let key = Key::new(format!("{domain}.operation"));
        let span =
            self.tracer.span(format!("{domain}.{operation}")).attribute(key, operation).start();
        observed(&span, domain, run)
    }

    fn limited(
        &self,
        limit: Duration,
        run: fn(&dyn Lifecycle) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let lifecycle = Arc::clone(self.instance.lifecycle());
        limited(limit, move || run(&*lifecycle))
    }

    fn explain(&self, error: &Error, what: &str) -> Error {
        let plugin = self.linked.plugin();
        let (kind, name) = (plugin.plugin_type(), plugin.name());
        let message = format!("the {kind} plugin `{name}` {what}: {error}");
        Error::new(error.kind(), message).in_domain(kind.domain())
    }
}

/// Checks that a type that allows one plugin has at most one, and that no name is selected twice.
fn check_count(selections: &[Selection], index: usize) -> Result<(), SelectionError> {
    let Selection { kind, name, .. } = &selections[index];
    let earlier = || selections[..index].iter().filter(|other| other.kind == *kind);
    if !kind.allows_several() && earlier().next().is_some() {
        let message = format!("expected one {kind} plugin, found several");
        return Err(SelectionError::new(index, message));
    }
    if *kind != PluginType::AlertChannel && earlier().any(|other| other.name == *name) {
        let message = format!("expected each plugin once, found the {kind} plugin `{name}` again");
        return Err(SelectionError::new(index, message));
    }
    Ok(())
}

fn configure(selection: &Selection) -> Result<Configured, ConfigurationError> {
    let refused = |message: String| ConfigurationError::new(Vec::new(), message);
    let linked = registry::find(selection.kind, &selection.name)
        .map_err(|error| refused(error.to_string()))?;
    let Some(factory) = linked.factory() else {
        let message = format!("{linked} registers its metadata only and cannot be selected");
        return Err(refused(message));
    };
    let (instance, credentials) =
        in_folder(&selection.folder, || (factory.configure)(selection.config.clone()))?;
    Ok(Configured {
        linked,
        tracer: factory.tracer,
        instance,
        credentials,
        is_started: AtomicBool::new(false),
    })
}

/// An order in which each plugin follows its dependencies.
fn order(plugins: &[Configured]) -> Result<Vec<usize>, SelectionError> {
    let mut needs = Vec::with_capacity(plugins.len());
    for (index, plugin) in plugins.iter().enumerate() {
        needs.push(dependencies(plugins, index, plugin)?);
    }
    let mut order = Vec::with_capacity(plugins.len());
    let mut open = Vec::new();
    for index in 0..plugins.len() {
        visit(index, &needs, &mut order, &mut open).map_err(|circle| {
            let names: Vec<&str> =
                circle.iter().map(|index| plugins[*index].linked.plugin().name()).collect();
            let message = format!(
                "plugins depend on each other: {}, expected dependencies without a circle",
                names.join(" -> ")
            );
            SelectionError::new(index, message)
        })?;
    }
    Ok(order)
}

/// The indexes of the dependencies of a plugin.
fn dependencies(
    plugins: &[Configured],
    index: usize,
    plugin: &Configured,
) -> Result<Vec<usize>, SelectionError> {
    let find = |(kind, name)| {
        plugins.iter().position(|other| other.is(kind, name)).ok_or_else(|| {
            let message = format!(
                "the plugin `{}` needs the {kind} plugin `{name}`, which is not selected",
                plugin.linked.plugin().name()
            );
            SelectionError::new(index, message)
        })
    };
    plugin.needs().map(find).collect()
}

/// Adds a plugin to the order, after its dependencies. The error is a circle, with the first plugin repeated at the
/// end.
fn visit(
    index: usize,
    needs: &[Vec<usize>],
    order: &mut Vec<usize>,
    open: &mut Vec<usize>,
) -> Result<(), Vec<usize>> {
    if order.contains(&index) {
        return Ok(());
    }
    if let Some(start) = open.iter().position(|other| *other == index) {
        let mut circle = open[start..].to_vec();
        circle.push(index);
        return Err(circle);
    }
    open.push(index);
    for need in &needs[index] {
        visit(*need, needs, order, open)?;
    }
    open.pop();
    order.push(index);
    Ok(())
}
