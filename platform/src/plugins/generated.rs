//! Writes the files that the selected plugins generate from a compiled product: manifests for a cluster, and the
//! definitions of an orchestrator. Also checks that the quality plugin supports the checks, and that sources have the
//! checked columns.

use std::collections::BTreeSet;
use std::path::Path;

use floe_plugin::PluginType;
use floe_plugin::configuration::Reference;
use floe_plugin::orchestrator::ProcessOrchestrator;
use floe_plugin::quality::QualityProvider;
use floe_plugin::secrets::{KubernetesSecret, SecretStore};
use floe_plugin::security::{Manifest, NetworkPolicyGenerator, RoleGenerator, Workload};
use floe_plugins::error::Error;
use floe_plugins::files::atomic::{self, Access, GENERATED};
use floe_plugins::files::{confine, yaml};
use floe_plugins::place::Place;
use serde_json::Value;

use crate::artifacts::CompiledArtifacts;
use crate::check_column;
use crate::identity::Identity;
use crate::plugins::active::Active;
use crate::plugins::egress;
use crate::product::{self, OUTPUT_FOLDER, Product};

const MANIFESTS: [(&str, PluginType); 3] = [
    (ROLES, PluginType::Rbac),
    (POD_SECURITY, PluginType::Rbac),
    (NETWORK_POLICIES, PluginType::NetworkSecurity),
];

const ROLES: &str = "rbac.yaml";
const POD_SECURITY: &str = "pod-security-context.yaml";
const NETWORK_POLICIES: &str = "network-policies.yaml";

/// Writes the files of the selected plugins into the output folder, and removes the manifests of plugins that are no
/// longer selected. Only the plugins that this needs are started.
///
/// # Errors
/// A plugin or the system failed, or a check is not supported or has an unknown column.
pub(crate) fn generate(
    identity: &Identity,
    specification: &Product,
    artifacts: &CompiledArtifacts,
) -> Result<(), Error> {
    let folder = &identity.folder.join(OUTPUT_FOLDER);
    let selected = artifacts.selected();
    let has_checks = artifacts.checked().next().is_some();
    let is_selected = |kind| selected.iter().any(|it| it.kind == kind);
    let manifests = folder.join("kubernetes");
    // Only files with these names are removed: a copy with another name belongs to the user.
    let is_removed = |path: &Path| {
        let mut files = MANIFESTS.iter();
        files.any(|(name, kind)| path.ends_with(name) && !is_selected(*kind))
    };
    atomic::remove_generated(&manifests, "yaml", is_removed)?;
    let is_used = |kind| match kind {
        PluginType::Quality => has_checks,
        PluginType::Rbac | PluginType::NetworkSecurity => true,
        PluginType::Orchestrator => is_selected(kind),
        _ => false,
    };
    let kinds = PluginType::ALL;
    let generates = |kind| is_used(kind) && (is_selected(kind) || kind == PluginType::Quality);
    if !kinds.into_iter().any(generates) {
        return Ok(());
    }
    let plugins = Active::configure(selected.clone(), identity)?;
    let has_policies = is_selected(PluginType::NetworkSecurity);
    plugins.start(|kind| {
        is_used(kind)
            || has_policies && kind == PluginType::Secrets && egress::needs_store(&plugins)
    })?;
    check(identity, specification, artifacts, &plugins)?;
    for inner in ["kubernetes", "orchestrator"] {
        confine::check_folder(folder, Path::new(inner))?;
    }
    cluster(identity, artifacts, &plugins, &manifests)?;
    let product = artifacts.product();
    if let Some(orchestrator) = plugins.one::<dyn ProcessOrchestrator>() {
        let written = orchestrator.create_definitions(&product, &folder.join("orchestrator"));
        plugins.tolerate(&orchestrator, written)?;
    }
    Ok(())
}

fn check(
    identity: &Identity,
    specification: &Product,
    artifacts: &CompiledArtifacts,
    plugins: &Active,
) -> Result<(), Error> {
    let Some(quality) = plugins.one::<dyn QualityProvider>() else {
        return Ok(());
    };
    let product = artifacts.product();
    let file = product::spec_path(&identity.folder);
    for table in artifacts.checked() {
        let name = format!("{}.{}", identity.name, table.name);
        if let Err(error) = quality.validate_expectations(&table.suite(&name)) {
            let message = format!("the checks of `{}`: {error}", table.name);
            return Err(Error::input(Place::file(&file), message));
        }
        for check in table.checks {
            // The columns of a model are known only when it is built.
            let source = product.sources.iter().find(|it| it.name == table.name);
            let columns = source.map(|it| it.columns.iter().map(|it| it.name.to_owned()));
            let columns: Vec<String> = columns.into_iter().flatten().collect();
            let mistake = check_column::mistake(table.name, check, &columns);
            if let Some(mistake) = mistake.filter(|_| !columns.is_empty()) {
                let position = check_column::position(specification, table.name, check);
                return Err(Error::input(Place::yaml(&file, position), mistake));
            }
        }
    }
    Ok(())
}

fn cluster(
    identity: &Identity,
    artifacts: &CompiledArtifacts,
    plugins: &Active,
    folder: &Path,
) -> Result<(), Error> {
    let workload = Workload {
        name: &artifacts.metadata.product_name,
        namespace: &artifacts.metadata.namespace,
        secrets: &[],
        egress: &[],
    };
    if let Some(roles) = plugins.one::<dyn RoleGenerator>() {
        let secrets = secrets(identity, artifacts, plugins)?;
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        let workload = Workload { secrets: &secrets, ..workload };
        // Either all are written or none, because old manifests are better than a new binding without its role.
        let manifests: Result<Vec<_>, _> =
            [Manifest::Namespace, Manifest::ServiceAccount, Manifest::Role, Manifest::RoleBinding]
                .map(|manifest| roles.generate(manifest, &workload))
                .into_iter()
                .collect();
        if let Some(manifests) = plugins.tolerate(&roles, manifests)? {
            write(&folder.join(ROLES), &manifests)?;
        }
        let context = roles.generate(Manifest::PodSecurityContext, &workload);
        if let Some(context) = plugins.tolerate(&roles, context)? {
            write(&folder.join(POD_SECURITY), &[context])?;
        }
    }
    if let Some(network) = plugins.one::<dyn NetworkPolicyGenerator>() {
        let egress = egress::hosts(identity, &artifacts.observability.telemetry, plugins)?;
        let egress: Vec<(&str, u16)> = egress.iter().map(|(host, port)| (&**host, *port)).collect();
        let workload = Workload { egress: &egress, ..workload };
        let denied = network.generate_default_deny_policies(&workload);
        let manifests = denied.and_then(|mut manifests| {
            manifests.push(network.generate_network_policy(&workload)?);
            Ok(manifests)
        });
        if let Some(manifests) = plugins.tolerate(&network, manifests)? {
            write(&folder.join(NETWORK_POLICIES), &manifests)?;
        }
    }
    Ok(())
}

/// Returns the Secrets in the product's namespace that a run reads: for the product, and for its plugins.
fn secrets(
    identity: &Identity,
    artifacts: &CompiledArtifacts,
    plugins: &Active,
) -> Result<BTreeSet<String>, Error> {
    let plugins = plugins.plugins();
    let stores: Vec<_> = plugins.all::<dyn SecretStore>().collect();
    let mut found = BTreeSet::new();
    let own = &artifacts.metadata.namespace;
    let mut add = |secret: Option<KubernetesSecret<'_>>| {
        // A role can read only Secrets of its own namespace.
        let secret = secret.filter(|it| it.namespace.is_none_or(|namespace| namespace == own));
        found.extend(secret.map(|it| it.name.to_owned()));
    };
    for secret in &artifacts.secrets {
        let mut refused = None;
        let mut accepted = 0;
        for store in &stores {
            match store.plugin().kubernetes_secret(&secret.key) {
                Ok(secret) => {
                    accepted += 1;
                    add(secret);
                }
                Err(error) => refused = Some((store.name(), error)),
            }
        }
        // A run looks up the key in each store, so one store that accepts the key is enough.
        if let Some((store, error)) = refused.filter(|_| accepted == 0) {
            let message = format!("`secrets`: the store `{store}`: {error}");
            let place = Place::file(&product::spec_path(&identity.folder));
            return Err(Error::input(place, message));
        }
    }
    for reference in plugins.credentials() {
        let Reference::Secret { store, key } = reference else {
            continue;
        };
        let Some(store) = stores.iter().find(|it| it.name() == store) else {
            continue;
        };
        let secret = store.plugin().kubernetes_secret(key).map_err(|error| {
            let message = format!("the credential {reference}: {error}");
            Error::input(Place::file(&identity.manifest), message)
        })?;
        add(secret);
    }
    Ok(found)
}

fn write(path: &Path, documents: &[Value]) -> Result<(), Error> {
    let mut text = GENERATED.to_owned();
    for document in documents {
        text.push_str("---\n");
        text.push_str(&yaml::write(document).map_err(Error::Setting)?);
    }
    atomic::replace(path, Access::Public, |file| file.write_all(text.as_bytes()))
}
